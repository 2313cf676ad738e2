// node server.js --bundle FOLDER --redis HOST:PORT --events FOLDER --port PORT [--key-prefix mtrec]
// Serves POST /v1/rank as the service does: rows or columns, the caller's task scores, additive blending by the mean, every exposure in the event log.
import { parseArgs } from 'node:util';
import Fastify from 'fastify';
import { loadBundle } from './bundle.js';
import { openEventLog } from './events.js';
import { Ranker } from './ranker.js';
import { connect } from './sessions.js';

const { values: options } = parseArgs({
  options: {
    bundle: { type: 'string' },
    redis: { type: 'string' },
    events: { type: 'string' },
    port: { type: 'string' },
    'key-prefix': { type: 'string', default: 'mtrec' },
  },
});

const number = { type: 'number' };
const text = { type: 'string' };
const texts = { type: 'array', items: text };
const object = (properties) => ({ type: 'object', properties });

// With a schema fastify compiles the answer's serialiser.
const answer = object({
  requestId: text,
  userId: text,
  bundle: object({ name: text, version: text }),
  variants: { type: 'array', items: object({ experiment: text, variant: text }) },
  items: {
    type: 'array',
    items: object({
      itemId: text,
      rank: { type: 'integer' },
      score: number,
      fusionScore: number,
      mentalReward: object({ mean: number, p10: number, p50: number, p90: number }),
    }),
  },
  exploring: { type: 'boolean' },
  degraded: texts,
  defaultedItems: { type: 'integer' },
  defaultedTasks: texts,
});

const ranker = new Ranker(await loadBundle(options.bundle), openEventLog(options.events));
const findSession = connect(options.redis, options['key-prefix']);
const server = Fastify({ bodyLimit: 16 << 20, onProtoPoisoning: 'ignore', onConstructorPoisoning: 'ignore', keepAliveTimeout: 600_000 });
server.post('/v1/rank', { schema: { response: { 200: answer } } }, async (request) => {
  const session = await findSession(request.body.userId);
  return ranker.rank(request.body, session);
});
await server.listen({ host: '127.0.0.1', port: Number(options.port) });
console.log('listening');
