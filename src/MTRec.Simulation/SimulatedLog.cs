using System.Globalization;
using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Simulation;

/// <summary>Lets policies rank for simulated users and writes what happened as the service would have: one JSON object a line.</summary>
/// <param name="environment">The users.</param>
public sealed class SimulatedLog(KuaiRandEnvironment environment)
{
    /// <summary>Runs whole sessions.</summary>
    /// <param name="policy">Who ranks.</param>
    /// <param name="exploration">How the actions of an <see cref="IActionPolicy"/> are drawn; others are not explored.</param>
    /// <param name="name">The events' bundle, as name/version.</param>
    /// <param name="sessions">Number of sessions, 1 or more.</param>
    /// <param name="seed">Decides users, chance and exploration.</param>
    /// <param name="events">Where the events go; null for nowhere.</param>
    /// <param name="cancellation">Ends the run between two steps.</param>
    /// <returns>What came of each session.</returns>
    public IReadOnlyList<SimulatedSession> Run(
        IFusionPolicy policy, Exploration exploration, string name, int sessions, int seed, TextWriter? events, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(unchecked((ulong)((seed * 7919L) + 17)));
        var observation = environment.Reset(sessions, seed);
        var totals = new SimulatedSession[sessions];
        for (var i = 0; i < sessions; i++)
            totals[i] = new SimulatedSession(environment.SessionUsers[i], new double[environment.Shape.Rewards.Count], 0);
        for (var step = 0; step < environment.Shape.MaximumSteps && observation.Active.sum().item<float>() > 0; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var request = new Requests(environment, observation, step, name, seed);
            Tensor scores;
            Draw? draw = null;
            if (policy is IActionPolicy acting && exploration is not Exploration.None)
            {
                var baseline = acting.Act(observation);
                var (action, logDensity) = exploration.Draw(baseline, generator);
                scores = acting.Actions.Fuse(action, observation.TaskScores!);
                draw = new Draw(acting.Actions.ToReal(action), acting.Actions.ToReal(baseline), logDensity);
            }
            else
            {
                scores = policy.Score(observation);
                if (policy is IActionPolicy plain)
                    draw = new Draw(plain.Actions.ToReal(plain.Act(observation)), null, null);
            }

            var outcome = environment.Advance(scores);
            Count(outcome, observation.Active, totals);
            if (events is not null)
                Write(events, request, scores, draw, exploration, outcome);
            observation = Outer(outcome.Next);
        }

        return totals;
    }

    private void Count(Outcome outcome, Tensor active, SimulatedSession[] totals)
    {
        var rewards = outcome.Rewards.Floats();
        var goes = active.Floats();
        for (var session = 0; session < totals.Length; session++)
        {
            if (goes[session] == 0)
                continue;
            for (var r = 0; r < totals[session].Rewards.Length; r++)
                totals[session].Rewards[r] += rewards[(session * totals[session].Rewards.Length) + r];
            totals[session] = totals[session] with { Views = totals[session].Views + environment.Shape.ListSize };
        }
    }

    private void Write(TextWriter events, Requests requests, Tensor scores, Draw? draw, Exploration exploration, Outcome outcome)
    {
        var (n, l) = (environment.Shape.Candidates, environment.Shape.ListSize);
        var final = scores.Floats();
        var shown = outcome.Shown!.Longs();
        var actions = environment.LastActions();
        var watch = outcome.Responses!.select(-1, environment.Shape.Responses.Count - 1).Floats();
        for (var session = 0; session < requests.Active.Length; session++)
        {
            if (!requests.Active[session])
                continue;
            double[] own = [.. final.AsSpan(session * n, n).ToArray().Select(score => (double)score)];
            var exposure = requests.Exposure(session) with
            {
                Order = [.. Enumerable.Range(0, n).OrderByDescending(i => own[i])],
                FinalScores = own,
                Action = draw is null ? null : Draw.Rows(draw.Action, session),
                Exploration = draw is not { Baseline: { } baseline, LogDensity: { } density } ? null : new ExposureExploration
                {
                    Baseline = Draw.Rows(baseline, session),
                    Lower = [.. Enumerable.Repeat(exploration.Lower, (int)baseline.shape[2])],
                    Upper = [.. Enumerable.Repeat(exploration.Upper, (int)baseline.shape[2])],
                    LogDensity = Draw.Rows(density, session),
                },
            };
            Line(events, exposure);
            for (var place = 0; place < l; place++)
            {
                Line(events, new FeedbackEvent
                {
                    Received = exposure.Received,
                    UserId = exposure.UserId,
                    EventId = string.Create(CultureInfo.InvariantCulture, $"{exposure.RequestId}-{place}"),
                    RequestId = exposure.RequestId,
                    ItemId = exposure.ItemIds[(int)shown[(session * l) + place]],
                    Timestamp = exposure.Timestamp,
                    Actions = actions[session][place],
                    WatchSeconds = watch[(session * l) + place],
                });
            }
        }
    }

    private static Observation Outer(Observation observation)
    {
        foreach (var tensor in new[] { observation.State, observation.Active, observation.TaskScores, observation.Candidates })
            tensor!.MoveToOuterDisposeScope();
        return observation;
    }

    private static void Line(TextWriter events, LoggedEvent logged)
    {
        events.Write(JsonSerializer.Serialize(logged, LoggedEventJson.Default.LoggedEvent));
        events.Write('\n');
    }

    /// <summary>Actions in real units [B, 1 or n, A] and, where they were drawn, what around and how likely [B, 1 or n].</summary>
    private sealed record Draw(Tensor Action, Tensor? Baseline, Tensor? LogDensity)
    {
        public static float[] Rows(Tensor values, int session) => values.select(0, session).Floats();
    }

    /// <summary>One step's requests, read before the users answer.</summary>
    private sealed class Requests
    {
        private readonly KuaiRandEnvironment _environment;
        private readonly string[][] _ids;
        private readonly long[] _moments;
        private readonly float[] _context;
        private readonly float[] _user;
        private readonly float[] _scores;
        private readonly int _step;
        private readonly string _name;
        private readonly int _seed;

        public Requests(KuaiRandEnvironment environment, Observation observation, int step, string name, int seed)
        {
            (_environment, _step, _name, _seed) = (environment, step, name, seed);
            _ids = environment.CandidateIds();
            _moments = environment.Moments();
            var (context, user, _, _) = environment.Inputs;
            _context = context.Floats();
            _user = user.Floats();
            _scores = observation.TaskScores!.Floats();
            Active = [.. observation.Active.Floats().Select(goes => goes == 1)];
        }

        public bool[] Active { get; }

        public ExposureEvent Exposure(int session)
        {
            var tasks = _environment.Shape.Tasks;
            var (contexts, users, scores) = (_context.Length / Active.Length, _user.Length / Active.Length, _scores.Length / Active.Length);
            var moment = DateTimeOffset.FromUnixTimeMilliseconds(_moments[session]);
            return new ExposureEvent
            {
                Received = moment,
                UserId = _environment.SessionUsers[session],
                RequestId = string.Create(CultureInfo.InvariantCulture, $"{_seed}-{session}-{_step}"),
                Timestamp = moment,
                Bundle = _name,
                Context = _context[(session * contexts)..((session + 1) * contexts)],
                User = _user[(session * users)..((session + 1) * users)],
                ItemIds = _ids[session],
                Scores = [.. _scores.AsSpan(session * scores, scores).ToArray().Select((score, i) => tasks[i % tasks.Count].Min + (score * (tasks[i % tasks.Count].Max - tasks[i % tasks.Count].Min)))],
                Order = [],
                FinalScores = [],
                Degraded = [],
            };
        }
    }
}

/// <summary>What came of a session.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Rewards">Sum of each reward group.</param>
/// <param name="Views">Items shown.</param>
public sealed record SimulatedSession(string UserId, double[] Rewards, int Views);
