/**
 * Models as Keras 3 writes them (test/golden/keras3.json, made by scripts/reference/keras3.py): they load, answer what
 * Keras answers, train, save and load again. Weights and inputs are the formula of that script.
 */
import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel, models} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {replaceStockKernels} from '../../../src/kernels/registry';
import {mendStockLayers} from '../../../src/layers';
import {inOrderOfCreation} from '../../../src/layers/models/copy_weights';
import {replacements} from '../../kernels/replacements';
import {type BackendName, backendNames} from '../../support/backends';
import {readGoldenJson} from '../../support/golden';
import {saveAndLoad, startLayers} from '../contract';

interface Golden {
  models: Record<string, {topology: object; outputs: {shape: number[]; values: number[]}[]}>;
  /** What becomes of 21 values from -5 to 5. */
  activations: Record<string, number[]>;
}

const golden = await readGoldenJson<Golden>('keras3.json');

async function start(backend: BackendName): Promise<void> {
  await startLayers(backend);
  mendStockLayers();
  // The host's own transposed convolution is wrong on wasm.
  for (const each of replacements) replaceStockKernels(each);
}

function numbers(shape: readonly number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({length: size}, (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * 1.3);
  return tf.tensor(values, [...shape]);
}

/** The host's class of 'Activation' alone, or any topology. */
const load = (topology: object) =>
  models.modelFromJSON(topology as Parameters<typeof models.modelFromJSON>[0]);

async function loadFilled(topology: object): Promise<LayersModel> {
  const model = await load(structuredClone(topology));
  let seed = 0;
  for (const layer of model.layers) {
    for (const weight of inOrderOfCreation(layer)) {
      seed += 1;
      if (weight.dtype === 'int32') continue;
      const values = tf.mul(numbers(weight.shape as number[], seed), 0.4);
      weight.write(weight.originalName.includes('variance') ? tf.add(tf.square(values), 0.1) : values);
    }
  }
  return model;
}

const listOf = (y: tf.Tensor | tf.Tensor[]) => (Array.isArray(y) ? y : [y]);

function expectClose(actual: tf.Tensor, values: readonly number[]): void {
  // The golden values have six digits; sums of a few hundred terms of about 1 are off by some 1e-6.
  const apart = [...actual.dataSync()].map(
    (value, i) => Math.abs(value - values[i]!) / Math.max(1, Math.abs(values[i]!)),
  );
  expect(Math.max(...apart)).toBeLessThan(2e-5);
}

describe.each(backendNames)('Keras 3 on %s', (backend) => {
  beforeAll(() => start(backend));

  it.each(Object.keys(golden.models))('%s', async (name) => {
    const {topology, outputs} = golden.models[name]!;
    const model = await loadFilled(topology);
    const x = numbers([2, ...(model.inputs[0]!.shape.slice(1) as number[])], 50);
    const found = listOf(model.predict(x) as tf.Tensor | tf.Tensor[]);
    expect(found.map(({shape}) => shape)).toEqual(outputs.map(({shape}) => shape));
    found.forEach((y, i) => {
      expectClose(y, outputs[i]!.values);
    });
    const again = listOf((await saveAndLoad(model)).predict(x) as tf.Tensor | tf.Tensor[]);
    again.forEach((y, i) => {
      expect(y.dataSync()).toEqual(found[i]!.dataSync());
    });
  });

  it.each(Object.keys(golden.activations))('the activation %s', async (activation) => {
    const layers = [
      {class_name: 'InputLayer', config: {batch_shape: [null, 21], name: 'x'}},
      {class_name: 'Activation', config: {activation, name: 'y', dtype: {class_name: 'DTypePolicy'}}},
    ];
    const model = await load({class_name: 'Sequential', config: {name: 's', layers}});
    expectClose(
      model.predict(tf.reshape(tf.linspace(-5, 5, 21), [1, 21])) as tf.Tensor,
      golden.activations[activation]!,
    );
  });

  it('the U-Net trains, without leaks', async () => {
    // Without its dropout, whose chance is greater than what a step gains.
    const topology = JSON.stringify(golden.models.u_net!.topology).replace('"rate":0.5', '"rate":0');
    const model = await loadFilled(JSON.parse(topology) as object);
    model.compile({optimizer: tf.train.sgd(0.02), loss: ['meanSquaredError', 'meanSquaredError']});
    const x = numbers([2, 4, 3, 4, 4], 50);
    const y = model.outputs.map(({shape}, i) => numbers([2, ...(shape.slice(1) as number[])], 60 + i));
    const step = async () => (await model.trainOnBatch(x, y)) as number[];
    const first = (await step())[0]!;
    const tensors = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) await step();
    expect((await step())[0]!).toBeLessThan(first);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
