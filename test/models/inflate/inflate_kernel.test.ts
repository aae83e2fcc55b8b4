/**
 * The array rules against the authors' golden vectors, and every equality that the docstring of inflateKernel states
 * against real convolutions: the video convolution of a clip, frame by frame beside stock 2D convolution.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import {beforeAll, describe, expect, it} from 'vitest';
import {type InflationRule, inflateKernel, type KernelArray} from '../../../src/models/inflate';
import {conv3d, depthwiseConv3d, fused, stsConv3d, stsDepthwiseConv3d} from '../../../src/ops';
import {InvalidArgumentError} from '../../../src/util/errors';
import {readGolden, readGoldenJson} from '../../support/golden';
import {type GoldenTensor, permute, readGoldenTensors, toFilter} from '../../support/safetensors';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const [HEIGHT, WIDTH] = [5, 6];

/** Numbers with few digits, so that sums of products are exact in float32 and equality can be exact. */
function numbers(size: number, seed: number): Float32Array {
  let state = seed + 1;
  return Float32Array.from({length: size}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 16) % 17) - 8;
  });
}

function kernelOf(shape: number[], seed = 1): KernelArray {
  return {shape, values: numbers(tf.util.sizeFromShape(shape), seed)};
}

function clipOf(frames: number, channels: number, seed = 7): tf.Tensor5D {
  return tf.tensor5d(numbers(frames * HEIGHT * WIDTH * channels, seed), [1, frames, HEIGHT, WIDTH, channels]);
}

function stillOf(frames: number, channels: number): tf.Tensor5D {
  return tf.tile(clipOf(1, channels), [1, frames, 1, 1, 1]);
}

const tensorOf = ({shape, values}: KernelArray) =>
  tf.tensor5d(values, shape as [number, number, number, number, number]);

/** The video convolutions under test with the 2D convolution that each is born from. */
interface Form {
  shape: number[];
  layout: 'conv' | 'depthwise';
  groups?: number;
  image: (frame: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor4D;
  video: (clip: tf.Tensor5D, kernel: tf.Tensor5D) => tf.Tensor5D;
}

const conv2d = (x: tf.Tensor4D, k: tf.Tensor4D): tf.Tensor4D => tf.conv2d(x, k, 1, 'same');
/** Grouped 2D convolution from stock ops: one convolution for each group. */
const grouped2d = (groups: number) => (x: tf.Tensor4D, k: tf.Tensor4D) => {
  const kernels = tf.split<tf.Tensor4D>(k, groups, 3);
  return tf.concat4d(
    tf.split<tf.Tensor4D>(x, groups, 3).map((part, g) => conv2d(part, kernels[g]!)),
    3,
  );
};

const FORMS: Record<string, Form> = {
  conv3d: {shape: [3, 3, 2, 4], layout: 'conv', image: conv2d, video: (x, k) => conv3d(x, k, 1, 'same')},
  'conv3d kt x 1 x 1': {
    shape: [1, 1, 3, 4],
    layout: 'conv',
    image: conv2d,
    video: (x, k) => conv3d(x, k, 1, 'same'),
  },
  'stsConv3d kt x 1 x 1': {
    shape: [1, 1, 3, 7],
    layout: 'conv',
    image: conv2d,
    video: (x, k) => stsConv3d(x, k),
  },
  'stsConv3d with groups': {
    shape: [3, 3, 2, 8],
    layout: 'conv',
    groups: 4,
    image: grouped2d(4),
    video: (x, filter) => fused.stsConv3d({x, filter, groups: 4}),
  },
  depthwiseConv3d: {
    shape: [3, 3, 4, 2],
    layout: 'depthwise',
    image: (x, k) => tf.depthwiseConv2d(x, k, 1, 'same'),
    video: (x, k) => depthwiseConv3d(x, k, 1, 'same'),
  },
  stsDepthwiseConv3d: {
    shape: [3, 3, 5, 2],
    layout: 'depthwise',
    image: (x, k) => tf.depthwiseConv2d(x, k, 1, 'same'),
    video: (x, k) => stsDepthwiseConv3d(x, k, 1, 'same'),
  },
  'stsDepthwiseConv3d 5 x 5, stride 2': {
    shape: [5, 5, 4, 1],
    layout: 'depthwise',
    image: (x, k) => tf.depthwiseConv2d(x, k, 2, 'same'),
    video: (x, k) => stsDepthwiseConv3d(x, k, [1, 2, 2], 'same'),
  },
};

const formNames = Object.keys(FORMS);
const inputsOf = ({shape, groups = 1}: Form) => shape[2]! * groups;

/** Largest difference, frame by frame, between the video convolution and `scale(t)` times the image convolution. */
function differences(
  form: Form,
  clip: tf.Tensor5D,
  kt: number,
  rule: InflationRule,
  scale = (_t: number) => 1,
): number[] {
  return tf.tidy(() => {
    const {groups = 1, layout} = form;
    const kernel = kernelOf(form.shape);
    const frames = clip.shape[1];
    const video = form.video(clip, tensorOf(inflateKernel(kernel, kt, {rule, layout, groups})));
    const image = form.image(
      tf.squeeze<tf.Tensor4D>(clip, [0]),
      tf.tensor4d(kernel.values, kernel.shape as [number, number, number, number]),
    );
    expect(video.shape.slice(1)).toEqual(image.shape);
    return Array.from({length: frames}, (_, t) =>
      Number(
        tf
          .max(
            tf.abs(
              tf.sub(
                tf.squeeze(tf.slice(video, [0, t], [1, 1]), [0, 1]),
                tf.mul(tf.gather(image, t), scale(t)),
              ),
            ),
          )
          .dataSync()[0],
      ),
    );
  });
}

describe('golden vectors of the authors', () => {
  let tensors: Map<string, GoldenTensor>;

  beforeAll(async () => {
    tensors = readGoldenTensors(await readGolden('layers/inflate.safetensors'));
  });

  /** PyTorch `[out, in, (kt,) kh, kw]` to tfjs `[(kt,) kh, kw, in, out]`. */
  function golden(name: string): KernelArray {
    const tensor = tensors.get(name)!;
    return tensor.shape.length === 5 ? toFilter(tensor) : permute(tensor, [2, 3, 1, 0]);
  }

  it('are all used, but for the path that the authors never call', async () => {
    const index = await readGoldenJson<{cases: {name: string}[]}>('layers/inflate.json');
    const names = index.cases.map(({name}) => name);
    expect(names).toEqual([
      'repeat_kt1',
      'repeat_kt3',
      'repeat_kt5',
      'pathway_pad_kt3',
      'centre_kt3',
      'motion_kt3_unused',
    ]);
  });

  it.each([1, 3, 5])("rule 'mean' is _inflate_conv_params, kt %i", (kt) => {
    const given = golden(`repeat_kt${kt}/w2d`);
    expect(inflateKernel(given, kt, {rule: 'mean'})).toEqual(golden(`repeat_kt${kt}/w3d`));
  });

  it('additional input channels are the pathway padding', () => {
    const given = golden('pathway_pad_kt3/w2d');
    expect(inflateKernel(given, 3, {rule: 'mean', inputChannels: 7})).toEqual(golden('pathway_pad_kt3/w3d'));
  });

  it("rule 'taper' is inflate_3d_state_dict", () => {
    const {shape, values} = golden('centre_kt3/w_in');
    const slice = values.length / 3;
    const center = {shape: shape.slice(1), values: values.slice(slice, 2 * slice)};
    const inflated = inflateKernel(center, 3, {rule: 'taper'});
    const expected = golden('centre_kt3/w_out');
    expect(inflated.shape).toEqual(expected.shape);
    // The vectors' own tolerance, relative 1e-6: the authors divide twice in float32, this code once.
    inflated.values.forEach((value, i) => {
      expect(Math.abs(value - expected.values[i]!)).toBeLessThanOrEqual(1e-6 * Math.abs(expected.values[i]!));
    });
  });
});

describe('every frame of any clip equals its image result, exactly', () => {
  const isSts = (name: string) => name.startsWith('sts');

  for (const name of formNames) {
    const form = FORMS[name]!;
    const rule = isSts(name) ? 'sts' : 'center';

    it.each([3, 5, 7])(`${name}, rule '${rule}', kt %i`, (kt) => {
      expect(differences(form, clipOf(4, inputsOf(form)), kt, rule)).toEqual([0, 0, 0, 0]);
    });

    it(`${name}, rule 'center', kt 3`, () => {
      expect(differences(form, clipOf(4, inputsOf(form)), 3, 'center')).toEqual([0, 0, 0, 0]);
    });
  }

  it.each([1, 2, 4])("conv3d, rule 'center', kt %i (even: the tap that reads the own frame)", (kt) => {
    expect(differences(FORMS.conv3d!, clipOf(4, 2), kt, 'center')).toEqual([0, 0, 0, 0]);
  });

  it("stsConv3d kt x 1 x 1, rule 'center', kt 5: the lines read the own pixel in the middle", () => {
    expect(differences(FORMS['stsConv3d kt x 1 x 1']!, clipOf(4, 3), 5, 'center')).toEqual([0, 0, 0, 0]);
  });

  it("but not in the static channels of the depthwise form with rule 'center' and kt 5", () => {
    expect(Math.min(...differences(FORMS.stsDepthwiseConv3d!, clipOf(4, 5), 5, 'center'))).toBeGreaterThan(1);
  });

  it('with more input channels: whatever the additional ones hold', () => {
    const kernel = kernelOf([3, 3, 2, 4]);
    const video = inflateKernel(kernel, 3, {rule: 'center', inputChannels: 5});
    const clip = clipOf(4, 2);
    const lateral = clipOf(4, 3, 99);
    const alone = conv3d(clip, tensorOf(inflateKernel(kernel, 3, {rule: 'center'})), 1, 'same');
    const joined = conv3d(tf.concat([clip, lateral], 4), tensorOf(video), 1, 'same');
    expect(joined.dataSync()).toEqual(alone.dataSync());
  });
});

describe("rule 'mean'", () => {
  const unmixed = formNames.filter((name) => !name.startsWith('sts'));
  const inside = (t: number, frames: number, kt: number) =>
    Math.min(frames - 1, t + (kt - 1) / 2) - Math.max(0, t - (kt - 1) / 2) + 1;

  it.each(unmixed)('%s, still clip: equal inside, smaller by (taps inside) / kt at the ends', (name) => {
    const form = FORMS[name]!;
    for (const kt of [3, 5]) {
      const clip = stillOf(7, inputsOf(form));
      for (const difference of differences(form, clip, kt, 'mean', (t) => inside(t, 7, kt) / kt)) {
        expect(difference).toBeLessThan(1e-3);
      }
      const plain = differences(form, clip, kt, 'mean');
      plain.forEach((difference, t) => {
        if (inside(t, 7, kt) === kt) expect(difference).toBeLessThan(1e-3);
        else expect(difference).toBeGreaterThan(1);
      });
    }
  });

  it('moving clip: the mean of the image results of the kt frames', () => {
    const kernel = kernelOf([3, 3, 2, 4]);
    const clip = clipOf(6, 2);
    const video = conv3d(clip, tensorOf(inflateKernel(kernel, 3, {rule: 'mean'})), 1, 'same');
    const image = conv2d(tf.squeeze(clip, [0]), tf.tensor4d(kernel.values, [3, 3, 2, 4]));
    for (let t = 1; t < 5; t++) {
      const mean = tf.mean(tf.slice(image, [t - 1], [3]), 0);
      const difference = tf.max(tf.abs(tf.sub(tf.squeeze(tf.slice(video, [0, t], [1, 1]), [0, 1]), mean)));
      expect(difference.dataSync()[0]).toBeLessThan(1e-3);
    }
  });

  it.each(['stsConv3d kt x 1 x 1', 'stsDepthwiseConv3d'])('%s: no equality, also on a still clip', (name) => {
    const form = FORMS[name]!;
    for (const difference of differences(form, stillOf(5, inputsOf(form)), 3, 'mean')) {
      expect(difference).toBeGreaterThan(1);
    }
  });
});

describe("rule 'taper'", () => {
  it('still clip: 5/9 of the image result, 4/9 in the first and last frame', () => {
    const form = FORMS.conv3d!;
    const scale = (t: number) => (t === 0 || t === 3 ? 4 / 9 : 5 / 9);
    for (const difference of differences(form, stillOf(4, 2), 3, 'taper', scale)) {
      expect(difference).toBeLessThan(1e-3);
    }
  });
});

describe('the values of the video kernel', () => {
  const sizes = fc.record({
    k: fc.constantFrom(1, 3, 5),
    channels: fc.integer({min: 2, max: 9}),
    multiplier: fc.integer({min: 1, max: 3}),
    kt: fc.constantFrom(3, 5, 7),
  });

  it("rule 'sts', depthwise: slice 1 for the first ceil(channels / 2) channels, else the middle, element by element", () => {
    fc.assert(
      fc.property(sizes, ({k, channels, multiplier, kt}) => {
        const kernel = kernelOf([k, k, channels, multiplier]);
        const video = inflateKernel(kernel, kt, {rule: 'sts', layout: 'depthwise'});
        expect(video.shape).toEqual([kt, k, k, channels, multiplier]);
        for (let t = 0; t < kt; t++) {
          for (let i = 0; i < kernel.values.length; i++) {
            const channel = Math.floor(i / multiplier) % channels;
            const home = channel < Math.ceil(channels / 2) ? 1 : (kt - 1) / 2;
            expect(video.values[t * kernel.values.length + i]).toBe(t === home ? kernel.values[i] : 0);
          }
        }
      }),
      {seed: 3, numRuns: 60},
    );
  });

  it.each(['center', 'mean', 'sts', 'taper'] as const)("rule '%s' with kt 1 is a copy", (rule) => {
    const kernel = kernelOf([3, 3, 4, 2]);
    for (const layout of ['conv', 'depthwise'] as const) {
      const copy = inflateKernel(kernel, 1, {rule, layout});
      expect(copy).toEqual({shape: [1, 3, 3, 4, 2], values: kernel.values});
      expect(copy.values).not.toBe(kernel.values);
    }
  });
});

describe('refusals', () => {
  const kernel = kernelOf([3, 3, 4, 2]);
  it.each<[string, () => unknown, RegExp]>([
    [
      'an unknown rule',
      () => inflateKernel(kernel, 3, {rule: 'centre' as InflationRule}),
      /unknown rule "centre".*center/,
    ],
    ['another rank', () => inflateKernel(kernelOf([3, 4, 2]), 3, {rule: 'mean'}), /rank 4.*\[3, 4, 2\]/],
    [
      'too few values',
      () => inflateKernel({...kernel, values: new Float32Array(5)}, 3, {rule: 'mean'}),
      /5 values/,
    ],
    ['kt 0', () => inflateKernel(kernel, 0, {rule: 'mean'}), /kt must be.*got 0/],
    ['kt 2.5', () => inflateKernel(kernel, 2.5, {rule: 'mean'}), /got 2.5/],
    ["'taper' with kt 5", () => inflateKernel(kernel, 5, {rule: 'taper'}), /kt 3.*got 5/],
    [
      "'sts' with even kt",
      () => inflateKernel(kernel, 4, {rule: 'sts', layout: 'depthwise'}),
      /kt must be odd/,
    ],
    ['fewer inputs', () => inflateKernel(kernel, 3, {rule: 'mean', inputChannels: 3}), /can only have more/],
    [
      'more channels of a depthwise kernel',
      () => inflateKernel(kernel, 3, {rule: 'mean', layout: 'depthwise', inputChannels: 6}),
      /must keep its channels/,
    ],
  ])('%s', (_name, act, message) => {
    expect(act).toThrow(InvalidArgumentError);
    expect(act).toThrow(message);
  });
});
