/** A frozen model as data through a message channel, as to a worker, and made anew of what came out. */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'vitest';
import {FrozenModel, type FrozenModelData, freeze} from '../../../src/inference/freeze';

/** What arrives when data are posted, with their arrays handed over as to a worker. */
export async function posted(data: FrozenModelData): Promise<FrozenModelData> {
  const {port1, port2} = new MessageChannel();
  const arrived = new Promise<MessageEvent>((resolve) => {
    port2.onmessage = resolve;
  });
  port1.postMessage(
    data,
    Object.values(data.tensors).map(({values}) => values.buffer),
  );
  const {data: received} = await arrived;
  port1.close();
  port2.close();
  return received as FrozenModelData;
}

/** A frozen model as another program has it. */
export async function loaded(frozen: FrozenModel): Promise<FrozenModel> {
  return FrozenModel.fromData(await posted(await frozen.toData()));
}

/** Freezes a model, sends it, and compares the bits of its answers to random inputs; nothing may stay in memory. */
export async function expectSameBits(model: tfl.LayersModel): Promise<void> {
  const shapes = model.inputs.map(({shape}) => shape.map((length) => length ?? 2));
  const x = shapes.map((shape, i) => tf.randomNormal(shape, 0, 1, 'float32', i + 7));
  const before = tf.memory().numTensors;
  const frozen = freeze(model);
  const expected = [frozen.predict(x)].flat();
  const other = await loaded(frozen);
  // The model that was sent stays as it is.
  const again = [frozen.predict(x)].flat();
  frozen.dispose();
  const actual = [other.predict(x)].flat();
  expect(other.stepCount).toBe(frozen.stepCount);
  for (const answers of [actual, again]) {
    expect(answers.map((y) => y.shape)).toEqual(expected.map((y) => y.shape));
    expect(answers.map((y) => y.dataSync())).toEqual(expected.map((y) => y.dataSync()));
  }
  tf.dispose([...actual, ...expected, ...again]);
  other.dispose();
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(x);
}
