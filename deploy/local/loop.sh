#!/usr/bin/env bash
# A closed loop on this machine: redis-server, two replicas of the service, a worker that learns, and simulated users who come back every day.
# Prints what came of each day, what the worker decided, and that every exposure is accounted for; ends within a quarter of an hour.
#   deploy/local/loop.sh [--environment kuairand|soft-user] [--users N] [--days N] [--seed N] [--data DIR] [--out DIR] [--algorithm NAME] [--updates N]
#     [--kill worker|replica|redis|all]   kill -9 in the middle of a day, and a start again: each on a day of its own
#     [--sabotage]                        a drill: the learner is given every reward with its sign flipped
#     [--gate off]                        whatever was learned is published
set -euo pipefail
caller=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() { sed -n '4,7s/^# *//p' deploy/local/loop.sh >&2; exit 2; }
say() { echo "loop: $*" >&2; }
fail() { say "$*"; exit 1; }

environment=kuairand users='' days='' updates='' seed=1 data='' out=var/loop algorithm='' kill='' learning=()
while [[ $# -gt 0 ]]; do
  if [[ $1 == --sabotage ]]; then
    learning+=(--sabotage)
    shift
    continue
  fi
  [[ $# -ge 2 ]] || usage
  case $1 in
    --environment) environment=$2 ;;
    --users) users=$2 ;;
    --days) days=$2 ;;
    --seed) seed=$2 ;;
    --data) data=$(cd "$caller" && realpath -m -- "$2") ;;
    --out) out=$(cd "$caller" && realpath -m -- "$2") ;;
    --algorithm) algorithm=$2 ;;
    --updates) updates=$2 ;;
    --gate) learning+=("$1" "$2") ;;
    --kill) kill=$2 ;;
    *) usage ;;
  esac
  shift 2
done
[[ $environment =~ ^(kuairand|soft-user)$ && $kill =~ ^(|worker|replica|redis|all)$ && $seed =~ ^[0-9]+$ && $users$days$updates =~ ^[0-9]*$ ]] || usage

# The users of kuairand are fitted on its log.
if [[ $environment == kuairand ]]; then
  for folder in ${data:+"$data" "$data/kuairand-pure"} data data/kuairand-pure ../shared/data/kuairand-pure; do
    [[ ! -f $folder/log_train.csv && ! -f $folder/log_train.csv.gz ]] || { data=$folder; break; }
  done
  if [[ ! -f $data/log_train.csv && ! -f $data/log_train.csv.gz ]]; then
    say "there is no KuaiRand log in --data, data or ../shared/data: the users are those of soft-user"
    environment=soft-user
  fi
fi

deploy/local/setup.sh --loop > /dev/null
deploy/local/build.sh MTRec.Serving
deploy/local/build.sh MTRec.Trainer
mtrec=(dotnet src/MTRec.Trainer/bin/Release/net10.0/mtrec.dll)

# All of a run is in a folder of its own.
mkdir -p "$out"
run=$(mktemp -d "$out/run-$(date -u +%Y%m%dT%H%M%S)-XXXX")
mkdir "$run/redis" "$run/registry" "$run/state"
say "everything of this run is in $run"

# Seconds: users respond at once, or after an outage; and no day begins so late that the quarter of an hour would not do.
join_window=5 longest=690

declare -A pids=()
end() {
  local code=$?
  trap - EXIT
  # Once more and harder where the first did not help.
  [[ ${#pids[@]} -eq 0 ]] || kill -TERM "${pids[@]}" 2> /dev/null || true
  for _ in {1..50}; do
    [[ -n $(jobs -rp) ]] || break
    sleep 0.1
  done
  [[ -z $(jobs -rp) ]] || kill -KILL "${pids[@]}" 2> /dev/null || true
  wait || true
  exit "$code"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() {
  local port
  while port=$(shuf -i 20000-32000 -n 1) && (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do :; done
  echo "$port"
}
redis=$(free_port) replica1=$(free_port) replica2=$(free_port)

# start NAME COMMAND...: in the background, what it says goes to NAME.log.
start() {
  local name=$1
  shift
  "$@" >> "$run/$name.log" 2>&1 &
  pids[$name]=$!
}

# An entry is handed to the system before it is answered, so that kill -9 of the process loses nothing; everysec may put that off while the disk syncs.
start_redis() {
  start redis redis-server --bind 127.0.0.1 --port "$redis" --dir "$run/redis" --save '' --appendonly yes --appendfsync no
}

# All share two cores: who waits a moment longer for a session is not ranked without it.
# Three in ten users have the bundle that the loop began with, for good; the others whatever the worker publishes, and their sessions explore around it.
start_replica() {
  local experiment=Experiments:Layers:loop:Experiments:loop
  start "$1" dotnet src/MTRec.Serving/bin/Release/net10.0/MTRec.Serving.dll --urls "http://127.0.0.1:${!1}" \
    --Registry:Path="$run/registry" --Registry:PollInterval=00:00:00.5 \
    --Sessions:Store=Redis --EventLog:Sink=RedisStreams --EventLog:Acknowledge=Written \
    --Redis:Configuration="127.0.0.1:$redis" --Redis:ReadBudget=00:00:01 \
    --$experiment:Control=fixed --$experiment:Variants:fixed:Percentage=30 --$experiment:Variants:fixed:Bundle=1 \
    --$experiment:Variants:learned:Percentage=70 --$experiment:Variants:learned:Exploration:Share=1
}

worker=(--events "redis://127.0.0.1:$redis" --registry "$run/registry" --state "$run/state" --join-window "$join_window")
start_worker() {
  start worker "${mtrec[@]}" worker "${worker[@]}" --algorithm "$algorithm" --seed "$seed" "${learning[@]}"
}

# until_true SECONDS WHAT COMMAND...: waits until the command succeeds.
until_true() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    [[ $SECONDS -lt $deadline ]] || fail "$what; see the logs in $run"
    sleep 0.1
  done
}
ready() { exec 3<> "/dev/tcp/127.0.0.1/$1" && printf 'GET /health/ready HTTP/1.0\r\n\r\n' >&3 && grep -q '^HTTP/1.1 200' <&3; }

running() { kill -0 "${pids[$1]}" 2> /dev/null; }
over_or_begun() { ! running simulation || grep -q "^day $1 begins" "$run/simulation.log"; }

# crash NAME: as a power cut does.
crash() {
  kill -KILL "${pids[$1]}"
  # The shell would say that somebody killed it.
  { wait "${pids[$1]}" || true; } 2> /dev/null
}

# stop NAME: as an operator does, and waits for the end.
stop() {
  kill -TERM "${pids[$1]}"
  wait "${pids[$1]}" || fail "the $1 ended with $?; see $run/$1.log"
  unset "pids[$1]"
}

days=${days:-6}
case $environment in
  kuairand)
    # A round's gain is some per cent: fewer users could not prove it. Clicks and the like count a quarter, for it is watching that these users stay for.
    users=${users:-2000}
    algorithm=${algorithm:-enhanced-rl}
    [[ $algorithm != enhanced-rl ]] || updates=${updates:-1500}
    learning+=(--updates "${updates:-3000}" --behaviours-weight 0.25 --kept-back 0.4)
    cp -r deploy/registry/default "$run/registry/"
    who=(--environment kuairand --data "$data")
    ;;
  soft-user)
    users=${users:-400} algorithm=${algorithm:-unified-rl}
    learning+=(--updates "${updates:-6000}")
    "${mtrec[@]}" simulate --environment soft-user --publish "$run/registry" --users $((users < 100 ? 10 * users : 1000)) --world "$seed" --seed "$seed" --threads 1 >> "$run/bundle.log" 2>&1
    who=(--environment soft-user --world "$seed")
    ;;
esac
[[ $algorithm != enhanced-rl ]] || worker+=(--per-candidate)

start_redis
until_true 30 "redis-server does not answer" redis-cli -p "$redis" ping
start_replica replica1
start_replica replica2
start_worker
until_true 120 "a replica is not ready" ready "$replica1"
until_true 120 "a replica is not ready" ready "$replica2"

start simulation "${mtrec[@]}" simulate --url "http://127.0.0.1:$replica1" --url "http://127.0.0.1:$replica2" "${who[@]}" --users "$users" \
  --days "$days" --seed "$seed" --experiment loop --learn "$run/state" --join-window "$join_window" --patience 60 --longest $((longest > SECONDS ? longest - SECONDS : 1)) --threads 1 --out "$run/simulation"

# Each drill on a day of its own, from the second on: killed while users are ranked, back after two seconds, Redis at once.
declare -A drill=([worker]=worker [replica]=replica2 [redis]=redis)
day=2
for what in worker replica redis; do
  [[ $kill == "$what" || $kill == all ]] || continue
  until_true 900 "day $day did not come" over_or_begun $day
  running simulation || break
  sleep 0.5
  say "day $day: kill -9 of ${drill[$what]}"
  crash "${drill[$what]}"
  [[ $what == redis ]] || sleep 2
  case $what in
    worker) start_worker ;;
    replica) start_replica replica2 ;;
    redis) start_redis ;;
  esac
  [[ $days -le $day ]] || day=$((day + 1))
done

# Whichever of them ends too early ends the run.
while running simulation; do
  for name in worker replica1 replica2 redis; do
    running "$name" || fail "the $name has ended; see $run/$name.log"
  done
  sleep 0.5
done
simulated=0
wait "${pids[simulation]}" || simulated=$?
unset "pids[simulation]"
grep -vE '^(reading|[a-z ]+network [0-9])' "$run/simulation.log" || true
[[ $simulated -eq 0 ]] || fail "the simulation ended with $simulated; see $run/simulation.log"

# Replicas write what waits, the worker reads the log to its end, and the two accounts are held against each other.
stop replica1
stop replica2
stop worker
"${mtrec[@]}" worker "${worker[@]}" --once > "$run/counts.txt" 2>> "$run/worker.log" || fail "the worker cannot read the log to its end; see $run/worker.log"
echo
"${mtrec[@]}" reconcile --simulation "$run/simulation" --state "$run/state" | tee "$run/reconciliation.txt"
echo "The counts add up. $SECONDS s; all of the run is in $run"
