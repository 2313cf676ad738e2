// A bundle as the service reads it: manifest, graphs, item table.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ort from 'onnxruntime-node';

// As GraphSession has them: a request runs on the one core that serves it.
const sessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  enableMemPattern: false,
};

/** Loads the bundle in a folder. */
export async function loadBundle(folder) {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  const open = async (file) => ort.InferenceSession.create(await readFile(join(folder, file)), sessionOptions);
  const features = (kind) => manifest.features.filter((feature) => feature.kind === kind);
  const [context, user, item] = ['context', 'user', 'item'].map(features);
  return {
    manifest,
    tasks: manifest.tasks,
    context,
    user,
    itemWidth: 1 + item.length,
    defaultItem: Float32Array.from([0, ...item.map((feature) => feature.default)]),
    items: readItems(await readFile(join(folder, 'items.safetensors')), item.length),
    policy: await open('policy.onnx'),
    mentalReward: await open('mental-reward.onnx'),
  };
}

/** The item table: ids to their rows, and the rows as the graphs take them, [V, 1 + I]. */
function readItems(file, featureCount) {
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerLength));
  const tensor = (name) => {
    const [from, to] = header[name].data_offsets;
    return file.subarray(8 + headerLength + from, 8 + headerLength + to);
  };

  const [ids, offsets, features] = [tensor('ids'), tensor('idOffsets'), tensor('features')];
  const rows = new Map();
  const count = offsets.length / 8 - 1;
  const table = new Float32Array(count * (1 + featureCount));
  for (let row = 0; row < count; row++) {
    const id = ids.toString('utf8', Number(offsets.readBigInt64LE(8 * row)), Number(offsets.readBigInt64LE(8 * (row + 1))));
    rows.set(id, row);
    table[row * (1 + featureCount)] = row + 1;
    for (let i = 0; i < featureCount; i++)
      table[row * (1 + featureCount) + 1 + i] = features.readFloatLE(4 * (row * featureCount + i));
  }

  return { rows, table };
}
