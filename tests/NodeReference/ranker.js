// One rank call: features, policy, mental reward, blend, order. The same arithmetic as the service's, in the same precision.
import ort from 'onnxruntime-node';
import { base64 } from './events.js';

const actionFlags = ['click', 'longView', 'like', 'follow', 'comment', 'forward', 'profileEnter', 'favorite', 'purchase', 'hate', 'report'];
const blendingWeight = 0.3;

export class BadRequest extends Error {
  statusCode = 400;
}

export class Ranker {
  #bundle;
  #historyFlags;
  #historyWidth;
  #policyInputs;
  #rewardInputs;
  #log;

  constructor(bundle, log) {
    this.#bundle = bundle;
    this.#log = log;
    this.#historyFlags = bundle.manifest.history.actions.map((name) => 1 << actionFlags.indexOf(name));
    this.#historyWidth = 3 + this.#historyFlags.length + bundle.itemWidth;
    this.#policyInputs = bundle.policy.inputNames;
    this.#rewardInputs = bundle.mentalReward.inputNames;
  }

  /** Answers a request with the user's session. */
  async rank(request, session) {
    const { ids, scores } = request.columns ? this.#readColumns(request.columns) : this.#readRows(request);
    const count = ids.length;
    const { candidates, defaulted } = this.#candidates(ids);
    const nowMs = request.timestamp ? Date.parse(request.timestamp) : Date.now();
    const bundle = this.#bundle;
    const tensors = {
      scores: new ort.Tensor('float32', scores, [count, bundle.tasks.length]),
      candidates: new ort.Tensor('float32', candidates, [count, bundle.itemWidth]),
      context: features(bundle.context, request.context),
      user: features(bundle.user, request.userFeatures),
      history: this.#history(session, nowMs),
    };
    const fused = await bundle.policy.run(pick(tensors, this.#policyInputs), ['action', 'fusionScore']);
    const reward = await bundle.mentalReward.run(pick(tensors, this.#rewardInputs), ['mean', 'quantiles']);

    const [fusion, mean, quantiles] = [fused.fusionScore.data, reward.mean.data, reward.quantiles.data];
    const blended = this.#blend(fusion, mean);
    const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => blended[b] - blended[a] || a - b);
    const answered = Math.min(count, request.limit ?? count);
    const width = quantiles.length / count;
    const items = new Array(answered);
    for (let rank = 0; rank < answered; rank++) {
      const i = order[rank];
      items[rank] = {
        itemId: ids[i],
        rank: rank + 1,
        score: blended[i],
        fusionScore: fusion[i],
        mentalReward: {
          mean: mean[i],
          p10: quantileAt(quantiles, i * width, width, 0.1),
          p50: quantileAt(quantiles, i * width, width, 0.5),
          p90: quantileAt(quantiles, i * width, width, 0.9),
        },
      };
    }

    const { name, version } = bundle.manifest;
    const requestId = request.requestId ?? crypto.randomUUID();
    const received = new Date().toISOString();
    this.#log({
      type: 'exposure',
      requestId,
      timestamp: request.timestamp ?? received,
      bundle: `${name}/${version}`,
      context: Array.from(tensors.context.data),
      user: Array.from(tensors.user.data),
      itemIds: ids,
      scores: base64(scores),
      order: order.slice(0, answered),
      finalScores: base64(blended),
      action: Array.from(fused.action.data),
      variants: [],
      degraded: [],
      received,
      userId: request.userId,
    });
    return {
      requestId,
      userId: request.userId,
      bundle: { name, version },
      variants: [],
      items,
      exploring: false,
      degraded: [],
      defaultedItems: defaulted,
      defaultedTasks: [],
    };
  }

  #readRows(request) {
    const { tasks } = this.#bundle;
    const rows = request.candidates;
    if (!Array.isArray(rows) || rows.length === 0)
      throw new BadRequest('candidates');
    const ids = new Array(rows.length);
    const scores = new Float32Array(rows.length * tasks.length);
    const seen = new Set();
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      ids[i] = id(row.itemId, seen);
      if (row.scores.length !== tasks.length)
        throw new BadRequest(`candidates[${i}].scores`);
      for (let k = 0; k < tasks.length; k++)
        scores[i * tasks.length + k] = score(row.scores[k], tasks[k]);
    }

    return { ids, scores };
  }

  #readColumns(columns) {
    const { tasks } = this.#bundle;
    const count = columns.itemIds.length;
    const ids = new Array(count);
    const scores = new Float32Array(count * tasks.length);
    const seen = new Set();
    for (let i = 0; i < count; i++)
      ids[i] = id(columns.itemIds[i], seen);
    for (let k = 0; k < tasks.length; k++) {
      const column = columns.scores[tasks[k].name];
      if (column.length !== count)
        throw new BadRequest(`columns.scores.${tasks[k].name}`);
      for (let i = 0; i < count; i++)
        scores[i * tasks.length + k] = score(column[i], tasks[k]);
    }

    return { ids, scores };
  }

  #candidates(ids) {
    const { items, itemWidth, defaultItem } = this.#bundle;
    const candidates = new Float32Array(ids.length * itemWidth);
    let defaulted = 0;
    for (let i = 0; i < ids.length; i++)
      defaulted += this.#writeItem(ids[i], candidates, i * itemWidth, items, itemWidth, defaultItem);
    return { candidates, defaulted };
  }

  #writeItem(itemId, values, at, items, itemWidth, defaultItem) {
    const row = items.rows.get(itemId);
    if (row === undefined) {
      values.set(defaultItem, at);
      return 1;
    }

    for (let j = 0; j < itemWidth; j++)
      values[at + j] = items.table[row * itemWidth + j];
    return 0;
  }

  #history(session, nowMs) {
    const { items, itemWidth, defaultItem, manifest } = this.#bundle;
    const width = this.#historyWidth;
    const values = new Float32Array(manifest.history.length * width);
    const shown = session.slice(-manifest.history.length);
    const padding = manifest.history.length - shown.length;
    for (let i = 0; i < shown.length; i++) {
      const event = shown[i];
      const at = (padding + i) * width;
      values[at] = 1;
      values[at + 1] = Math.fround(Math.max(0, nowMs - event.timestampMs)) / 1000;
      values[at + 2] = event.watchSeconds;
      for (let a = 0; a < this.#historyFlags.length; a++)
        values[at + 3 + a] = (event.actions & this.#historyFlags[a]) !== 0 ? 1 : 0;
      this.#writeItem(event.itemId, values, at + 3 + this.#historyFlags.length, items, itemWidth, defaultItem);
    }

    return new ort.Tensor('float32', values, [1, manifest.history.length, width]);
  }

  // z(f) + w z(m)
  #blend(fusion, mean) {
    const { fusionScore, mentalReward } = this.#bundle.manifest.blending;
    const blended = new Float64Array(fusion.length);
    for (let i = 0; i < fusion.length; i++)
      blended[i] = (fusion[i] - fusionScore.mean) / fusionScore.deviation + blendingWeight * ((mean[i] - mentalReward.mean) / mentalReward.deviation);
    return blended;
  }
}

function id(text, seen) {
  if (typeof text !== 'string' || text.length === 0 || text.length > 256)
    throw new BadRequest('itemId');
  const before = seen.size;
  if (seen.add(text).size === before)
    throw new BadRequest(`'${text}' stands twice`);
  return text;
}

function score(value, task) {
  if (typeof value !== 'number' || !(value >= task.min && value <= task.max))
    throw new BadRequest(`a score of ${task.name}`);
  return value;
}

function features(definitions, given) {
  const values = new Float32Array(definitions.length);
  for (let i = 0; i < definitions.length; i++) {
    const definition = definitions[i];
    const value = given?.[definition.name] ?? definition.default;
    values[i] = typeof value === 'string' ? definition.values[value] ?? 0 : value;
  }

  return new ort.Tensor('float32', values, [1, definitions.length]);
}

function pick(tensors, names) {
  const feeds = {};
  for (const name of names)
    feeds[name] = tensors[name];
  return feeds;
}

function quantileAt(quantiles, at, width, level) {
  const place = Math.min(Math.max(level * width - 0.5, 0), width - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, width - 1);
  return Math.fround(quantiles[at + below] + (place - below) * Math.fround(quantiles[at + above] - quantiles[at + below]));
}
