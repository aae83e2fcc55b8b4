/** What `warmUp` leaves to the first run: nothing to compile on GPU backends, nothing to pack on wasm, and the same answers. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {describe, expect, it} from 'vitest';
import '../../../src/entries/backends/wasm';
import '../../../src/entries/backends/webgpu';
import {freeze, InvalidArgumentError, layers as sts, warmUp} from '../../../src/entries';
import {type BackendName, backendNames, startBackend, testsWebgpuInNode} from '../../support/backends';

const [FRAMES, SIDE] = [3, 6];

/** Convolutions of ours and layers of the host, so that programs of both are there. `filters` of its own: a model of new programs. */
function makeModel(filters: number, side: number | null = SIDE): tfl.LayersModel {
  const x = tfl.input({shape: [FRAMES, side, side, 4]});
  const kernelInitializer = () => tfl.initializers.randomNormal({seed: 7});
  const conv = sts.stsConv3d({
    filters,
    kernelSize: [3, 1, 1],
    padding: 'same',
    kernelInitializer: kernelInitializer(),
  });
  const y = tfl.layers.activation({activation: 'tanh'}).apply(conv.apply(x));
  const pooled = sts.globalAveragePooling3d().apply(y);
  const logits = tfl.layers.dense({units: 3, kernelInitializer: kernelInitializer()}).apply(pooled);
  return tfl.model({inputs: x, outputs: logits as tfl.SymbolicTensor});
}

/** How many programs the live backend has. */
const CACHES: Partial<Record<BackendName, string>> = {webgpu: 'pipelineCache', webgl: 'binaryCache'};

function programs(): readonly string[] {
  const cache = CACHES[tf.getBackend() as BackendName];
  return cache === undefined ? [] : Object.keys((tf.backend() as unknown as Record<string, object>)[cache]!);
}

const clip = () => tf.randomNormal([1, FRAMES, SIDE, SIDE, 4], 0, 1, 'float32', 3);
const names: readonly BackendName[] = testsWebgpuInNode ? [...backendNames, 'webgpu'] : backendNames;

describe.each(names)('on %s', (name) => {
  it.each(['frozen', 'a LayersModel'])('the first answer compiles nothing, %s', async (kind) => {
    // Weights come over from cpu: webgpu in Node gives none back but by promises.
    await startBackend('cpu');
    const model = makeModel(kind === 'frozen' ? 8 : 12);
    const x = clip();
    const expected = await (model.predict(x) as tf.Tensor).data();
    const frozen = kind === 'frozen' ? freeze(model) : undefined;
    await startBackend(name);
    const [before, tensors] = [programs(), tf.memory().numTensors];
    await (frozen === undefined ? warmUp(model) : frozen.warmUp());
    const after = programs();
    if (CACHES[name] !== undefined) expect(after.length).toBeGreaterThan(before.length);
    expect(tf.memory().numTensors).toBe(tensors);
    const actual = await ((frozen ?? model).predict(x) as tf.Tensor).data();
    expect(programs().filter((key) => !after.includes(key))).toEqual([]);
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0);
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  });
});

it('takes shapes for what a model leaves open, and says so without', async () => {
  await startBackend('cpu');
  const frozen = freeze(makeModel(4, null));
  await expect(frozen.warmUp()).rejects.toThrow(InvalidArgumentError);
  await expect(frozen.warmUp()).rejects.toThrow(
    /FrozenModel.warmUp: the model takes \[\?, 3, \?, \?, 4\] at .*; give the lengths/,
  );
  await frozen.warmUp({shapes: [2, FRAMES, 5, 5, 4]});
  await expect(frozen.warmUp({shapes: [[1, 3, 5, 5, 4], [1]]})).rejects.toThrow(/give one shape of whole/);
  await expect(frozen.warmUp({shapes: [1, FRAMES, 0, 5, 4]})).rejects.toThrow(/whole numbers/);
  await expect(warmUp({} as never)).rejects.toThrow(
    /warmUp: the model has no list of inputs; give a LayersModel/,
  );
});
