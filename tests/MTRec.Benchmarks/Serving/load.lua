-- wrk -s load.lua URL -- FOLDER COUNT MEDIA-TYPE: posts the bodies 0 .. COUNT-1 of a folder in turn.
-- Prints requests, failures, microseconds, and the latencies' p50, p90, p99 and maximum in microseconds.
local requests, at = {}, 0

function init(args)
  for i = 0, tonumber(args[2]) - 1 do
    local file = assert(io.open(args[1] .. "/" .. i, "rb"))
    requests[i] = wrk.format("POST", nil, { ["Content-Type"] = args[3], ["Accept"] = args[3] }, file:read("*a"))
    file:close()
  end
end

function request()
  at = (at + 1) % (#requests + 1)
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("result %d %d %d %d %d %d %d\n",
    summary.requests, errors.connect + errors.read + errors.write + errors.status + errors.timeout, summary.duration,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end
