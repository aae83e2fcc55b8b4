/** Data sets of clips that a function makes. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import type {Dataset} from '../../../src/train/data/dataset';
import {type GeneratedOptions, generated} from '../../../src/train/data/generated';
import {FormatError} from '../../../src/util/errors';

async function read(data: Dataset, epoch = 0, batchSize = 4) {
  const batches = [];
  for await (const {x, y} of data.batches(epoch, {batchSize, seed: 1})) {
    batches.push({shape: x.shape, x: [...x.dataSync()], y: [...y.dataSync()]});
    tf.dispose([x, y]);
  }
  return batches;
}

const options: GeneratedOptions = {
  classes: ['even', 'odd'],
  labels: [0, 1, 0, 1, 0, 1],
  make: (index, random) => ({
    data: Uint8Array.from({length: 2 * 2 * 2 * 3}, () => index * 10 + Math.floor(random.uniform() * 10)),
    frames: 2,
    height: 2,
    width: 2,
  }),
};

describe('generated', () => {
  it('gives every clip once an epoch with its class, the same again for the same seed', async () => {
    const batches = await read(generated(options));
    expect(batches.map(({shape}) => shape)).toEqual([
      [4, 2, 2, 2, 3],
      [2, 2, 2, 2, 3],
    ]);
    const seen = batches.flatMap(({x, y}) =>
      Array.from({length: y.length / 2}, (_, i) => [Math.floor(x[i * 24]! / 10), y[2 * i + 1]!]),
    );
    expect(seen.sort()).toEqual([
      [0, 0],
      [1, 1],
      [2, 0],
      [3, 1],
      [4, 0],
      [5, 1],
    ]);
    expect(await read(generated(options))).toEqual(batches);
    expect(await read(generated(options), 1)).not.toEqual(batches);
  });

  it('for validation is the same in every epoch, in order, its numbers normalised', async () => {
    const data = generated({...options, training: false, mean: [0, 10, 20], std: 2, mix: {mixup: 1}});
    const batches = await read(data);
    expect(await read(data, 3)).toEqual(batches);
    expect(batches.flatMap(({y}) => y)).toEqual([1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]);
    const raw = await read(generated({...options, training: false}));
    expect(batches[0]!.x).toEqual(raw[0]!.x.map((value, i) => (value - [0, 10, 20][i % 3]!) / 2));
  });

  it('becomes what a recipe asks for, where it does not say otherwise itself', async () => {
    const recipe = {
      augmentation: {flip: 1, area: [1, 1], aspect: [1, 1]},
      mix: {mixup: 1},
      repeats: 2,
    } as const;
    const said = {augmentation: recipe.augmentation, mix: recipe.mix, repeats: 2};
    expect(await read(generated({...options, training: false}).augmented(recipe))).toEqual(
      await read(generated({...options, ...said})),
    );
    expect(await read(generated({...options, ...said}))).not.toEqual(await read(generated(options)));
    const own = {...options, augmentation: {flip: 0}, repeats: 1, mix: {}};
    expect(await read(generated(own).augmented(recipe))).toEqual(await read(generated(own)));
  });

  it('gives pictures without a time axis, and soft targets of mixed batches', async () => {
    const make = (index: number) => ({
      data: new Uint8Array(12).fill(index * 40),
      frames: 1,
      height: 2,
      width: 2,
    });
    const data = generated({...options, make, pictures: true, mix: {mixup: 1}, augmentation: {flip: 0}});
    const [batch] = await read(data, 0, 6);
    expect(batch!.shape).toEqual([6, 2, 2, 3]);
    for (let i = 0; i < 6; i++) expect(batch!.y[2 * i]! + batch!.y[2 * i + 1]!).toBeCloseTo(1, 6);
    expect(batch!.y.some((value) => value > 0.01 && value < 0.99)).toBe(true);
  });

  it('splits by class, clips keeping their numbers', async () => {
    const {training, validation} = generated(options).split({share: 0.34});
    expect([training.size, validation.size]).toEqual([4, 2]);
    const numbers = (batches: Awaited<ReturnType<typeof read>>) =>
      batches.flatMap(({x}) => x.filter((_, i) => i % 24 === 0).map((value) => Math.floor(value / 10)));
    const [mine, other] = [numbers(await read(training)), numbers(await read(validation))];
    expect([...mine, ...other].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(other.map((index) => index % 2).sort()).toEqual([0, 1]);
  });

  it('passes over a clip that cannot be had, and ends with any other error', async () => {
    const without = (index: number, error: Error): GeneratedOptions => ({
      ...options,
      make: (i, random) => {
        if (i === index) throw error;
        return options.make(i, random);
      },
    });
    const data = generated({...without(2, new FormatError('gone')), training: false});
    expect((await read(data)).map(({shape}) => shape[0])).toEqual([3, 2]);
    expect(data.summary()).toEqual({
      items: 6,
      perClass: [3, 3],
      unreadable: [{path: 'clip 2', reason: 'gone'}],
    });
    await expect(read(generated(without(2, new TypeError('fault'))))).rejects.toThrow('fault');
  });

  it('refuses what is no clip, clips of two sizes, labels without a class', async () => {
    const clip = (length: number, width: number) => ({
      data: new Uint8Array(length),
      frames: 1,
      height: 1,
      width,
    });
    await expect(read(generated({...options, make: () => clip(5, 2)}))).rejects.toThrow(
      /make\(\d\) must give .* got 5 bytes for 1 x 1 x 2 x 3/,
    );
    const mixed = generated({...options, make: (index) => clip(3 * (index + 1), index + 1)});
    await expect(read(mixed)).rejects.toThrow('do not go into one batch');
    expect(() => generated({...options, labels: [0, 2]})).toThrow("'clip 1' has class 2, but there are 2");
    expect(() => generated({...options, labels: []})).toThrow('there are no items');
    expect(() => generated(options).split({share: 1})).toThrow('share is 1');
  });
});
