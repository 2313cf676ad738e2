-- Applies one feedback event to one user's session: whole or not at all, and once.
-- KEYS[1]  a hash: 'events' (StoredSession of session.proto), 'ids' (8 bytes a feedback id, oldest first), 'total' (a number)
-- ARGV     1: id, 8 bytes   2: moment, ms   3: the event as an element of StoredSession.events
--          4: most events   5: most bytes of events   6: most ids   7: expiry, ms
-- Answers 1, or 0 where the id was applied before. The same rules as UserSession.Apply.
local id, moment, event = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local most_events, most_bytes, most_ids = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local kept = redis.call('HMGET', KEYS[1], 'events', 'ids', 'total')
local events, ids, total = kept[1] or '', kept[2] or '', tonumber(kept[3] or '0')

-- Bytes that are found across two ids are no id.
local from = string.find(ids, id, 1, true)
while from do
  if from % 8 == 1 then return 0 end
  from = string.find(ids, id, from + 1, true)
end

-- An element is a tag, its length in one or two bytes of 7 bits, and the content: another tag and the moment in 8 bytes, lowest first.
-- The new one follows the last of its moment or before.
local lengths, place, at, after = {}, 1, 1, 0
while at <= #events do
  local length, content = string.byte(events, at + 1), at + 2
  if length >= 128 then
    length, content = length - 128 + 128 * string.byte(events, at + 2), at + 3
  end
  local b1, b2, b3, b4, b5, b6, b7, b8 = string.byte(events, content + 1, content + 8)
  local shown = b1 + 256 * (b2 + 256 * (b3 + 256 * (b4 + 256 * (b5 + 256 * (b6 + 256 * (b7 + 256 * b8))))))
  lengths[#lengths + 1] = content + length - at
  at = content + length
  if shown <= moment then
    place, after = at, #lengths
  end
end
events = string.sub(events, 1, place - 1) .. event .. string.sub(events, place)
table.insert(lengths, after + 1, #event)

local forgotten, first = 0, 1
while #lengths - first + 1 > most_events or #events - forgotten > most_bytes do
  forgotten, first = forgotten + lengths[first], first + 1
end
ids = string.sub(ids .. id, -8 * most_ids)

redis.call('HSET', KEYS[1], 'events', string.sub(events, forgotten + 1), 'ids', ids, 'total', total + 1)
redis.call('PEXPIRE', KEYS[1], ARGV[7])
return 1
