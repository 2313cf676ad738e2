-- Appends a writer's events to a stream, each once: an event that is sent again because its answer was lost is passed over.
-- KEYS[1]  the stream   KEYS[2]  the number of the writer's last event in it; both in one slot
-- ARGV     1: most entries, about   2: longest age, s, 0 for any   3: how long the number is kept, ms   4: the writer
--          then, for each event, its number and its JSON; a writer's numbers grow
-- Answers how many were appended.
local last, appended = tonumber(redis.call('GET', KEYS[2]) or '0'), 0
for i = 5, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'id', ARGV[4] .. '-' .. ARGV[i], 'event', ARGV[i + 1])
    last, appended = tonumber(ARGV[i]), appended + 1
  end
end
redis.call('SET', KEYS[2], string.format('%.0f', last), 'PX', ARGV[3])
if tonumber(ARGV[2]) > 0 then
  redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', (redis.call('TIME')[1] - ARGV[2]) * 1000))
end
return appended
