/** What predictInSlabs and slabStream promise besides the result: sources, reduction, progress, ends before the end, refusals. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {freeze} from '../../../src/inference/freeze';
import {predictInSlabs, slabStream} from '../../../src/inference/slabs';
import {layers as sts} from '../../../src/layers';
import {InvalidArgumentError} from '../../../src/util/errors';
import {implementations} from '../../support/implementations';

const T = tfl.layers;
let model: tfl.LayersModel;
let volume: tf.Tensor5D;
let tensors: number;

function built(shape: number[], ...layers: tfl.layers.Layer[]): tfl.LayersModel {
  return tfl.sequential({layers: [T.inputLayer({inputShape: shape}), ...layers]});
}

const conv = (filters: number) =>
  T.conv3d({filters, kernelSize: 3, padding: 'same', kernelInitializer: 'glorotNormal'});

beforeAll(async () => {
  await implementations.find(({name}) => name === 'cpu, kernels')!.use();
  model = built([9, 4, 4, 1], conv(2), conv(3));
  volume = tf.randomNormal([1, 9, 4, 4, 1], 0, 1, 'float32', 1);
});

beforeEach(() => {
  tensors = tf.memory().numTensors;
});

/** Whatever a test does, nothing of it stays. */
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

/** The message that the promise is rejected with, of the class that bad arguments have. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InvalidArgumentError);
  return (error as Error).message;
}

describe('predictInSlabs', () => {
  it('takes a function that delivers the volume, each frame once and in order', async () => {
    const asked: number[][] = [];
    const y = (await predictInSlabs(
      model,
      async (first, count) => {
        asked.push([first, count]);
        return tf.slice(volume, [0, first, 0, 0, 0], [-1, count, -1, -1, -1]);
      },
      {shape: volume.shape, slab: 4},
    )) as tf.Tensor;
    const whole = model.predict(volume) as tf.Tensor;
    expect(asked).toEqual([
      [0, 4],
      [4, 4],
      [8, 1],
    ]);
    expect(y.dataSync()).toEqual(whole.dataSync());
    tf.dispose([y, whole]);
  });

  it('keeps what reduce makes of a piece', async () => {
    const places: number[] = [];
    const labels = (await predictInSlabs(model, volume, {
      slab: 2,
      reduce: (piece, {first}) => {
        places.push(first);
        return tf.argMax(piece, -1);
      },
    })) as tf.Tensor;
    const whole = tf.tidy(() => tf.argMax(model.predict(volume) as tf.Tensor, -1));
    expect(labels.dtype).toBe('int32');
    expect(labels.shape).toEqual([1, 9, 4, 4]);
    expect(labels.dataSync()).toEqual(whole.dataSync());
    expect(places).toEqual([...places].sort((a, b) => a - b));
    tf.dispose([labels, whole]);
  });

  it('takes several inputs, and gives several outputs of different lengths', async () => {
    const inputs = [1, 2].map((channels) => tfl.input({shape: [8, 2, 2, channels]}));
    const joined = T.concatenate().apply(inputs) as tfl.SymbolicTensor;
    const outputs = [
      conv(2).apply(joined) as tfl.SymbolicTensor,
      T.maxPooling3d({poolSize: [3, 1, 1], strides: [2, 1, 1], padding: 'same'}).apply(
        joined,
      ) as tfl.SymbolicTensor,
    ];
    const two = tfl.model({inputs, outputs});
    const x = [1, 2].map((channels) => tf.randomNormal([3, 8, 2, 2, channels], 0, 1, 'float32', channels));
    const pieces = (await predictInSlabs(two, x, {slab: 3})) as tf.Tensor[];
    const whole = two.predict(x) as tf.Tensor[];
    pieces.forEach((piece, i) => {
      expect(piece.shape).toEqual(whole[i]!.shape);
      expect(piece.dataSync()).toEqual(whole[i]!.dataSync());
    });
    tf.dispose([x, pieces, whole]);
    two.dispose();
  });

  it('says how far it is', async () => {
    const seen: string[] = [];
    const y = await predictInSlabs(model, volume, {
      slab: 4,
      onProgress: ({frames, total}) => seen.push(`${frames} of ${total}`),
    });
    expect(seen).toEqual(['4 of 9', '8 of 9', '9 of 9']);
    tf.dispose(y);
  });

  it('ends at a signal, with its reason', async () => {
    const controller = new AbortController();
    const options = {slab: 2, signal: controller.signal, onProgress: () => controller.abort('enough')};
    await expect(predictInSlabs(model, volume, options)).rejects.toBe('enough');
    await expect(predictInSlabs(model, volume, {signal: AbortSignal.abort('before')})).rejects.toBe('before');
  });

  it('passes on errors of functions that it is given', async () => {
    const fails = () => {
      throw new Error('mine');
    };
    await expect(predictInSlabs(model, volume, {reduce: fails})).rejects.toThrow('mine');
    await expect(predictInSlabs(model, volume, {onProgress: fails})).rejects.toThrow('mine');
    await expect(predictInSlabs(model, fails, {shape: volume.shape})).rejects.toThrow('mine');
  });

  it('refuses what does not fit, and says what does', async () => {
    expect(await refusal(predictInSlabs(model, volume, {slap: 2} as object))).toContain('did you mean slab');
    expect(await refusal(predictInSlabs(model, volume, {slab: 0}))).toContain('slab is 0');
    expect(await refusal(predictInSlabs(model, () => volume))).toContain('give the option shape');
    expect(await refusal(predictInSlabs(model, volume, {shape: volume.shape}))).toContain('has its own');
    const other = {predict: () => volume} as unknown as tfl.LayersModel;
    expect(await refusal(predictInSlabs(other, volume))).toContain('takes a LayersModel');
    const frozen = freeze(model);
    frozen.dispose();
    expect(await refusal(predictInSlabs(frozen, volume))).toContain('was disposed of');
    const rgb = tf.zeros([1, 9, 4, 4, 3]);
    expect(await refusal(predictInSlabs(model, rgb))).toContain('[?, 9, 4, 4, 1]');
    expect(await refusal(predictInSlabs(model, [volume, volume]))).toContain('takes [?, 9, 4, 4, 1]');
    const wrong = predictInSlabs(model, () => tf.zeros([1, 1, 4, 4, 1]), {shape: volume.shape, slab: 2});
    expect(await refusal(wrong)).toContain('asked for 2 frames from frame 0 on');
    const otherSize = predictInSlabs(model, () => tf.zeros([1, 2, 4, 5, 1]), {shape: volume.shape, slab: 2});
    expect(await refusal(otherSize)).toContain(
      'got [1, 2, 4, 5, 1]; the stream takes frames of [1, 9, 4, 4, 1]',
    );
    const reduced = predictInSlabs(model, volume, {reduce: (piece) => tf.sum(piece)});
    expect(await refusal(reduced)).toContain('the first two axes');
    rgb.dispose();
  });

  const mixing: Record<string, () => tfl.layers.Layer[]> = {
    GlobalAveragePooling3D: () => [sts.globalAveragePooling3d()],
    Flatten: () => [T.flatten()],
    Reshape: () => [T.reshape({targetShape: [4, 9, 4, 1]})],
    Softmax: () => [T.softmax({axis: 1})],
    PReLU: () => [T.prelu({})],
    ConvLSTM2D: () => [T.convLstm2d({filters: 1, kernelSize: 1, recurrentInitializer: 'glorotUniform'})],
    BatchNorm3D: () => [sts.batchNorm3d({axis: 1})],
    RMSNormalization: () => [sts.rmsNormalization({axis: [1, 2, 3, 4]})],
    Normalization: () => [sts.normalization({axis: 1})],
    GroupNormalization: () => [sts.groupNormalization({groups: 1})],
    GroupedConv3D: () => [sts.conv3d({filters: 2, kernelSize: 1, dataFormat: 'channelsFirst'})],
  };

  it('refuses a layer that makes no frame, whatever comes behind it', async () => {
    const pool = T.averagePooling3d({
      poolSize: [3, 1, 1],
      strides: [1, 1, 1],
      padding: 'valid',
      name: 'long',
    });
    const empty = built([2, 4, 4, 1], pool, sts.zeroPadding3d({padding: [1, 0, 0]}));
    expect(await refusal(predictInSlabs(empty, () => volume, {shape: [1, 2, 4, 4, 1]}))).toContain(
      'layer "long" (AveragePooling3D) does not work frame by frame: of 2 frames it makes none',
    );
    empty.dispose();
  });

  it.each(Object.keys(mixing))('refuses %s by name', async (className) => {
    const mixes = built([9, 4, 4, 1], conv(1), ...mixing[className]!());
    const name = mixes.layers.at(-1)!.name;
    const message = await refusal(predictInSlabs(mixes, volume));
    expect(message).toContain(
      `predictInSlabs: layer "${name}" (${className}) does not work frame by frame: `,
    );
    const frozen = freeze(mixes);
    // A step of a frozen model has the name of its op, which is that of the factory.
    const named = (text: string) => text.replace('(GlobalA', '(globalA').replace('3D)', '3d)');
    expect(named(await refusal(predictInSlabs(frozen, volume)))).toBe(named(message));
    frozen.dispose();
    mixes.dispose();
  });
});

it('refuses squeeze-excite of a frozen model by the layer that pools', async () => {
  const x = tfl.input({shape: [9, 4, 4, 2]});
  const factors = sts.globalAveragePooling3d({keepDims: true}).apply(x) as tfl.SymbolicTensor;
  const excited = tfl.model({inputs: x, outputs: T.multiply().apply([x, factors]) as tfl.SymbolicTensor});
  const frozen = freeze(excited);
  const refused = await refusal(predictInSlabs(frozen, () => volume, {shape: [1, 9, 4, 4, 2]}));
  expect(refused).toContain('(globalAveragePooling3d) does not work frame by frame');
  frozen.dispose();
  excited.dispose();
});

describe('slabStream', () => {
  it('tells what a frame depends on', () => {
    const dilated = built(
      [64, 2, 2, 1],
      ...[1, 2, 4].map((dilationRate) =>
        T.conv3d({filters: 1, kernelSize: 3, dilationRate, padding: 'same'}),
      ),
    );
    expect(slabStream(dilated, [1, 64, 2, 2, 1]).framesRead(20)).toEqual({first: 13, last: 27});
    const pooled = built(
      [8, 2, 2, 1],
      T.maxPooling3d({poolSize: 2, strides: 2, padding: 'valid'}),
      T.conv3dTranspose({filters: 1, kernelSize: 2, strides: 2}),
    );
    const stream = slabStream(pooled, [1, 8, 2, 2, 1]);
    expect([2, 3, 4].map((frame) => stream.framesRead(frame))).toEqual([
      {first: 2, last: 3},
      {first: 2, last: 3},
      {first: 4, last: 5},
    ]);
    for (const each of [dilated, pooled]) each.dispose();
  });

  it('gives what is ready, and all with the last frame; then takes no more', () => {
    const stream = slabStream(model, volume.shape);
    const ready = [2, 3, 4].map((count) => {
      const slab = tf.zeros([1, count, 4, 4, 1]);
      const pieces = [...stream.push(slab)];
      tf.dispose([slab, pieces.map(({values}) => values)]);
      return pieces.reduce((frames, {values}) => frames + values.shape[1]!, 0);
    });
    // Two convolutions of three taps wait for two frames.
    expect(ready).toEqual([0, 3, 6]);
    const more = tf.zeros([1, 1, 4, 4, 1]);
    expect(() => [...stream.push(more)]).toThrow('0 of 9 are left');
    stream.dispose();
    expect(() => [...stream.push(more)]).toThrow('disposed');
    more.dispose();
  });
});
