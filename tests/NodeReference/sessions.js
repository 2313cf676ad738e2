// Sessions as the service keeps them in Redis: session.proto in the hash field 'events'.
import Redis from 'ioredis';

/** Connects to Redis, host:port. */
export function connect(address, keyPrefix) {
  const [host, port] = address.split(':');
  const redis = new Redis({ host, port: Number(port) });
  return async (userId) => {
    const [events] = await redis.hmgetBuffer(`${keyPrefix}:session:{${userId}}`, 'events', 'total');
    return events === null ? [] : readSession(events);
  };
}

function readSession(bytes) {
  const events = [];
  for (let at = 0; at < bytes.length;) {
    at++; // The tag of StoredSession.events.
    let length = bytes[at++];
    if (length >= 128)
      length += 128 * (bytes[at++] - 1);
    events.push(readEvent(bytes, at, at + length));
    at += length;
  }

  return events;
}

function readEvent(bytes, at, end) {
  const event = { timestampMs: 0, actions: 0, watchSeconds: 0, itemId: '' };
  while (at < end) {
    switch (bytes[at++]) {
      case 9: // timestamp_ms, fixed64
        event.timestampMs = bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
        at += 8;
        break;
      case 16: // actions, varint
        for (let shift = 0; ; shift += 7) {
          const part = bytes[at++];
          event.actions |= (part & 127) << shift;
          if (part < 128)
            break;
        }
        break;
      case 29: // watch_seconds, float
        event.watchSeconds = bytes.readFloatLE(at);
        at += 4;
        break;
      case 34: { // item_id
        let length = bytes[at++];
        if (length >= 128)
          length += 128 * (bytes[at++] - 1);
        event.itemId = bytes.toString('utf8', at, at + length);
        at += length;
        break;
      }
      default:
        throw new Error('not a stored session');
    }
  }

  return event;
}
