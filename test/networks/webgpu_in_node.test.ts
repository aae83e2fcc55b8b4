/**
 * Small networks of the authors' code, frozen, on webgpu in Node: their logits, the kernels of ours called past the engine, nothing
 * compiled after `warmUp` and nothing kept by a run, and the same answer from a file of the frozen model and of the model.
 */
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import '../../src/entries/backends/webgpu';
import {type FrozenModel, freeze, frozenModelFile, loadFrozenModel} from '../../src/entries';
import {mmaction2} from '../../src/models/checkpoints/names';
import {createNetwork} from '../../src/networks';
import {saveAndLoad} from '../layers/contract';
import {startBackend} from '../support/backends';
import {fillInput} from '../support/fill';
import {readGoldenJson} from '../support/golden';
import {fillWeights} from './golden_networks';

interface Case {
  name: string;
  /** `[batch, 3, time, height, width]` */
  input_shape: [number, number, number, number, number];
  logits: number[][];
}

/** float32 against the authors' float64, relative to the norm, as on the other backends (golden_tiny.test.ts). */
const GATE = 2e-5;

/** One of each family but SlowFast, two of SlowOnly; what takes the time is SwiftShader's compiling. */
const NETWORKS = [
  {cases: 'tiny_slowonly_sts_eval', network: 'slowonly_tiny_sts', names: mmaction2.slowOnly()},
  {cases: 'tiny_r2plus1d_sts_eval', network: 'r2plus1d_tiny_sts', names: mmaction2.r2plus1d()},
  {cases: 'tiny_ircsn_sts_eval', network: 'ircsn_tiny_sts', names: mmaction2.csn()},
  {cases: 'tiny_x3d_sts_eval', network: 'x3d_tiny_sts', names: mmaction2.x3d()},
];

const {cases} = await readGoldenJson<{cases: Case[]}>('tiny/tiny.json');
const weights = new Map<string, tf.Tensor>();

beforeAll(() => startBackend('webgpu'));
afterAll(() => tf.dispose([...weights.values()]));

/** Programs that the device has compiled, and data that the backend holds. */
const held = () => {
  const backend = tf.backend() as unknown as {pipelineCache: object; numDataIds(): number};
  return [Object.keys(backend.pipelineCache).length, backend.numDataIds(), tf.memory().numTensors];
};

async function logitsOf(frozen: FrozenModel, clip: tf.Tensor): Promise<Float32Array> {
  const y = frozen.predict(clip) as tf.Tensor;
  const values = (await y.data()) as Float32Array;
  y.dispose();
  return values;
}

describe.each(NETWORKS)('$network', ({cases: wanted, network, names}) => {
  it('has the logits of the authors, by kernels past the engine, and keeps nothing', async () => {
    const golden = cases.find(({name}) => name === wanted)!;
    const [batch, channels, frames, height, width] = golden.input_shape;
    const model = createNetwork(network, {frames, height, width, classes: 7, weightless: true});
    fillWeights(model, names, weights);
    const reloaded = await saveAndLoad(model);
    const frozen = freeze(model);
    model.dispose();
    const values = fillInput([batch, channels, frames, height, width], [0, 2, 3, 4, 1]);
    const clip = tf.tensor5d(values, [batch, frames, height, width, channels]);
    await frozen.warmUp({shapes: clip.shape});
    const engine = vi.spyOn(tf.engine(), 'runKernel');
    const before = held();
    const logits = await logitsOf(frozen, clip);
    const called = engine.mock.calls.map(([name]) => name);
    engine.mockRestore();
    // Squeeze-excite of a batch takes its clips one by one, through the engine.
    if (batch === 1 || !network.startsWith('x3d')) expect(called).not.toContain('IndirectConv3D');
    expect(held()).toEqual(before);
    const expected = golden.logits.flat();
    const apart = Math.max(...expected.map((value, i) => Math.abs(logits[i]! - value)));
    expect(apart / Math.hypot(...expected)).toBeLessThan(GATE);
    for (const loaded of [await loadFrozenModel(await frozenModelFile(frozen)), freeze(reloaded)]) {
      expect(await logitsOf(loaded, clip)).toEqual(logits);
      loaded.dispose();
    }
    reloaded.dispose();
    frozen.dispose();
    clip.dispose();
  });
});
