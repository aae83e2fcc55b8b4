/** Whole augmentations: the same for every frame and every time, within what was asked for. */
import {describe, expect, it} from 'vitest';
import {
  type Augmentation,
  augment,
  checkAugmentation,
  planAugmentation,
  randomAt,
} from '../../../src/train/augment';
import {pictureOf} from './vectors';

const size = {width: 12, height: 10};
const everything: Augmentation = {
  colourJitter: {brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1},
  randAugment: {probability: 1},
};
const photo = {...pictureOf('photo'), frames: 1};
const plans = (augmentation: Augmentation, count = 2000) =>
  Array.from({length: count}, (_, i) => planAugmentation(randomAt(9, 'augment', 0, i), photo, augmentation));

describe('augment', () => {
  it('does the same to every frame', () => {
    const data = new Uint8Array([...photo.data, ...photo.data, ...photo.data]);
    for (let i = 0; i < 20; i++) {
      const one = augment(photo, size, everything, randomAt(1, 'augment', 0, i));
      const three = augment({...photo, data, frames: 3}, size, everything, randomAt(1, 'augment', 0, i));
      expect(three).toEqual({
        ...size,
        frames: 3,
        data: new Uint8Array([...one.data, ...one.data, ...one.data]),
      });
    }
  });

  it('leaves its clip as it is', () => {
    const before = photo.data.slice();
    augment(photo, size, everything, randomAt(1, 'augment'));
    expect(photo.data).toEqual(before);
  });

  it('without crop, flip and colours is a copy', () => {
    const whole = {area: [1, 1], aspect: [18 / 13, 18 / 13], flip: 0} as const;
    const copy = augment(photo, photo, whole, randomAt(1, 'augment'));
    expect(copy).toEqual(photo);
    expect(copy.data).not.toBe(photo.data);
  });
});

describe('what is drawn', () => {
  it('flips as often as asked for', () => {
    const flips = (augmentation: Augmentation) =>
      plans(augmentation).filter(({isFlipped}) => isFlipped).length;
    expect(flips({flip: 0})).toBe(0);
    // Five standard deviations: sqrt(0.25 x 2000) = 22.4.
    expect(Math.abs(flips({}) - 1000)).toBeLessThan(112);
  });

  it('stays within the colours asked for and does all four in any order', () => {
    const drawn = plans(everything).map(({jitters}) => jitters);
    const all = drawn.flat();
    const far = all.filter(({name, amount}) => {
      const [middle, most] = name === 'hue' ? [0, 0.1] : [1, 0.4];
      return Math.abs(amount - middle) > most;
    });
    expect(far).toEqual([]);
    expect(all.length).toBe(8000);
    expect(new Set(drawn.map((jitters) => jitters.map(({name}) => name).join())).size).toBe(24);
  });

  it('draws each operation of RandAugment as often, and does so many of them', () => {
    const drawn = plans({randAugment: {}}).flatMap(({operations}) => operations);
    const counts = new Map<string, number>();
    for (const {name} of drawn) counts.set(name, (counts.get(name) ?? 0) + 1);
    // Two a clip, each done with probability 1/2. Five standard deviations: sqrt(4000 / 4), sqrt(2000 / 15).
    expect(Math.abs(drawn.length - 2000)).toBeLessThan(158);
    expect(counts.size).toBe(15);
    for (const count of counts.values()) expect(Math.abs(count - drawn.length / 15)).toBeLessThan(58);
  });

  it('draws magnitudes round the one asked for', () => {
    const turns = plans({randAugment: {probability: 1}})
      .flatMap(({operations}) => operations)
      .filter(({name}) => name === 'Rotate')
      .map(({argument}) => argument);
    const sizes = turns.map(Math.abs);
    const mean = sizes.reduce((sum, value) => sum + value, 0) / sizes.length;
    const deviation = Math.sqrt(sizes.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sizes.length);
    // Magnitude 7 of deviation 0.5 is 21 and 1.5 degrees; about 267 were drawn.
    expect(Math.abs(mean - 21)).toBeLessThan((5 * 1.5) / Math.sqrt(sizes.length));
    expect(Math.abs(deviation - 1.5)).toBeLessThan((5 * 1.5) / Math.sqrt(2 * sizes.length));
    expect(turns.some((turn) => turn < 0) && turns.some((turn) => turn > 0)).toBe(true);
  });
});

it.each([
  [{area: [0.5, 0.1]}, /area is \[0.5,0.1\]; it must be two numbers above 0, the lower one first, at most 1/],
  [{aspect: [0, 1]}, /aspect is \[0,1\]/],
  [{interpolation: 'nearest'}, /interpolation is "nearest"; it must be 'bicubic' or 'bilinear'/],
  [{flip: 2}, /flip is 2; it must be a number from 0 to 1/],
  [{flips: 0}, /unknown option flips; did you mean flip\?/],
  [{colourJitter: {hue: 0.6}}, /colourJitter.hue is 0.6; it must be a number from 0 to 0.5/],
  [{randAugment: {magnitude: 11}}, /randAugment.magnitude is 11/],
  [{randAugment: {operations: 1.5}}, /randAugment.operations is 1.5/],
])('refuses %o', (augmentation, message) => {
  expect(() => checkAugmentation('recipe', augmentation as Augmentation)).toThrow(message);
});
