/** Shapes, padding and splits against values worked out by hand or stated by TensorFlow; and every refusal. */
import {describe, expect, it} from 'vitest';
import type * as sts from '../../src/entries';
import {type ConvInfo, convMacs} from '../../src/geometry/conv_info';
import {conv3dInfo, depthwiseConv3dInfo} from '../../src/geometry/ordinary_info';
import {stsConv3dInfo, stsDepthwiseConv3dInfo} from '../../src/geometry/sts_info';
import {InvalidArgumentError} from '../../src/util/errors';
import {readGoldenJson} from '../support/golden';

const split = (info: ConvInfo) => info.parts.map(({outputChannels}) => outputChannels);

describe('padding as TensorFlow', () => {
  // [input, kernel, stride] -> [zeros before, length], "SAME"; the last three are those where stock tfjs is wrong.
  it.each([
    [
      [5, 3, 1],
      [1, 5],
    ],
    [
      [5, 3, 2],
      [1, 3],
    ],
    [
      [6, 3, 2],
      [0, 3],
    ],
    [
      [224, 7, 2],
      [2, 112],
    ],
    [
      [6, 1, 2],
      [0, 3],
    ],
    [
      [7, 1, 3],
      [0, 3],
    ],
    [
      [7, 2, 4],
      [0, 2],
    ],
  ] as const)("'same' of %j is %j", ([size, kernel, stride], [before, length]) => {
    const info = conv3dInfo([1, size, 1, 1, 1], [kernel, 1, 1, 1, 1], {strides: [stride, 1, 1], pad: 'same'});
    const {rule} = info.parts[0]!;
    expect(rule.kind === 'grid' && rule.padding[0]).toBe(before);
    expect(info.outputShape[1]).toBe(length);
  });

  it("'valid', numbers and pairs", () => {
    const shape = (pad: sts.Padding3D) => conv3dInfo([2, 6, 7, 8, 3], [3, 3, 3, 3, 5], {pad}).outputShape;
    expect(shape('valid')).toEqual([2, 4, 5, 6, 5]);
    expect(shape(1)).toEqual([2, 6, 7, 8, 5]);
    expect(
      shape([
        [0, 2],
        [1, 0],
        [3, 3],
      ]),
    ).toEqual([2, 6, 6, 12, 5]);
  });
});

describe('channel splits', () => {
  // From the golden manifest: torch.chunk rounding for STS_3dconv, floor for Conv2plus1d_reshape.
  it.each([
    [8, 'ceil', [2, 2, 4]],
    [6, 'ceil', [2, 1, 3]],
    [5, 'ceil', [2, 1, 2]],
    [7, 'ceil', [2, 2, 3]],
    [3, 'ceil', [1, 1, 1]],
    [8, 'floor', [2, 2, 4]],
    [5, 'floor', [1, 1, 3]],
    [7, 'floor', [2, 1, 4]],
  ] as const)('%i outputs, %s', (out, rounding, expected) => {
    expect(split(stsConv3dInfo([1, 3, 4, 4, 2], [3, 1, 1, 2, out], {split: rounding}))).toEqual(expected);
  });

  it('gives the static half of a depthwise filter the odd channel', () => {
    const info = stsDepthwiseConv3dInfo([1, 3, 4, 4, 5], [3, 3, 3, 5, 2]);
    expect(split(info)).toEqual([6, 6, 6, 4]);
  });
});

it('STS has the multiply-accumulates of the convolution that it replaces', () => {
  const temporal = [
    [1, 4, 6, 6, 16],
    [3, 1, 1, 16, 8],
  ] as const;
  expect(convMacs(stsConv3dInfo(...temporal))).toBe(convMacs(conv3dInfo(...temporal, {pad: 'same'})));
  const depthwise = [
    [1, 4, 6, 6, 16],
    [3, 3, 3, 16, 1],
  ] as const;
  expect(convMacs(stsDepthwiseConv3dInfo(...depthwise))).toBe(4 * 36 * 27 * 16);
  expect(convMacs(depthwiseConv3dInfo(...depthwise, {pad: 'same'}))).toBe(4 * 36 * 27 * 16);
});

it('a ConvInfo is plain data', () => {
  const info = stsDepthwiseConv3dInfo([1, 3, 4, 4, 5], [3, 3, 3, 5, 2], {strides: [1, 2, 2]});
  expect(JSON.parse(JSON.stringify(info))).toEqual(info);
});

/** The 29 settings that the authors' code refuses (golden manifest, `errors`), and what ours makes of each. */
const temporal = (kt: number, out: number, options: sts.StsConvOptions = {}, x = [1, 3, 3, 4, 2]) =>
  stsConv3dInfo(x, [kt, 1, 1, x[4]! / (options.groups ?? 1), out], options);
const floor = (kt: number, out: number, options: sts.StsConvOptions = {}, time = 4) =>
  temporal(kt, out, {split: 'floor', ...options}, [1, time, 3, 4, 2]);
const depthwise = (channels: number, options: sts.ConvOptions = {}, kernel = [3, 3, 3], size = [2, 4, 4]) =>
  stsDepthwiseConv3dInfo([1, ...size, channels], [...kernel, channels, 1], options);
const stride2 = (height: number, width: number) =>
  depthwise(
    4,
    {
      strides: [1, 2, 2],
      pad: [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    },
    [3, 3, 3],
    [2, height, width],
  );

const refusals: Record<string, [run: () => ConvInfo, message: RegExp]> = {
  dense_kt2: [() => temporal(2, 8), /kt must be odd.*got 2/],
  dense_kt4: [() => temporal(4, 8), /kt must be odd.*got 4/],
  dense_out1: [() => temporal(3, 1), /at least 3.*got 1/],
  dense_out2: [() => temporal(3, 2), /at least 3.*got 2/],
  dense_groups2: [() => temporal(3, 8, {groups: 2}), /must connect all channels; got groups 2/],
  full_groups1: [() => stsConv3dInfo([1, 3, 4, 4, 4], [3, 3, 3, 4, 8]), /must be temporal.*got 3 x 3 x 3/],
  dw_c1: [() => depthwise(1), /at least 2 channel groups.*got 1/],
  dw_kt1: [() => depthwise(4, {}, [1, 3, 3]), /kt must be odd and at least 3.*got 1/],
  dw_kt2: [() => depthwise(4, {}, [2, 3, 3]), /kt must be odd and at least 3.*got 2/],
  dw_k3x4x4: [() => depthwise(4, {}, [3, 4, 4]), /spatial kernel must be odd.*got 4 x 4/],
  r2_kt2: [() => floor(2, 8), /kt must be odd.*got 2/],
  r2_kt4: [() => floor(4, 8), /kt must be odd.*got 4/],
  r2_out1: [() => floor(3, 1), /at least 4.*got 1/],
  r2_out2: [() => floor(3, 2), /at least 4.*got 2/],
  r2_out3: [() => floor(3, 3), /at least 4.*got 3/],
};

/** Generalised, as the op's documentation says: the output shape that results. */
const generalised: Record<string, [run: () => ConvInfo, output: number[]]> = {
  dense_stride_t2: [() => temporal(3, 8, {strides: [2, 1, 1]}), [1, 2, 3, 4, 8]],
  dw_odd_c3: [() => depthwise(3), [1, 2, 4, 4, 3]],
  dw_odd_c5: [() => depthwise(5), [1, 2, 4, 4, 5]],
  dw_odd_c7: [() => depthwise(7), [1, 2, 4, 4, 7]],
  dw_stride_t2: [() => depthwise(4, {strides: [2, 1, 1]}), [1, 1, 4, 4, 4]],
  dw_s2_5x4: [() => stride2(5, 4), [1, 2, 3, 2, 4]],
  dw_s2_4x5: [() => stride2(4, 5), [1, 2, 2, 3, 4]],
  dw_s2_5x5: [() => stride2(5, 5), [1, 2, 3, 3, 4]],
  dw_s2_3x2: [() => stride2(3, 2), [1, 2, 2, 1, 4]],
  dw_s2_1x4: [() => stride2(1, 4), [1, 2, 1, 2, 4]],
  dw_s2_7x7: [() => stride2(7, 7), [1, 2, 4, 4, 4]],
  r2_st2_t3: [() => floor(3, 8, {strides: [2, 1, 1]}, 3), [1, 2, 3, 4, 8]],
  r2_st2_t1: [() => floor(3, 8, {strides: [2, 1, 1]}, 1), [1, 1, 3, 4, 8]],
  // Listed with the refusals, but the authors' code takes it.
  r2_st2_t4: [() => floor(3, 8, {strides: [2, 1, 1]}, 4), [1, 2, 3, 4, 8]],
};

describe('what the authors refuse', () => {
  it('is all covered', async () => {
    const {errors} = await readGoldenJson<{errors: {name: string}[]}>('layers/manifest.json');
    expect([...Object.keys(refusals), ...Object.keys(generalised)].sort()).toEqual(
      errors.map(({name}) => name).sort(),
    );
    expect(errors).toHaveLength(29);
  });

  it.each(Object.entries(refusals))('%s is refused', (_, [run, message]) => {
    expect(run).toThrow(InvalidArgumentError);
    expect(run).toThrow(message);
  });

  it.each(Object.entries(generalised))('%s is generalised', (_, [run, output]) => {
    expect(run().outputShape).toEqual(output);
  });
});

describe('bad arguments', () => {
  const x = [1, 3, 4, 4, 2];
  it.each([
    ['rank of x', () => conv3dInfo([3, 4, 2], [1, 1, 1, 2, 2]), /x must have rank 5.*\[3, 4, 2\]/],
    ['rank of filter', () => conv3dInfo(x, [1, 1, 2, 2]), /filter must have rank 5/],
    ['channels', () => conv3dInfo(x, [1, 1, 1, 3, 2]), /takes 3 input channels.*x has 2/],
    [
      'groups of outputs',
      () => conv3dInfo(x, [1, 1, 1, 1, 3], {groups: 2}),
      /3 output channels must divide evenly into 2/,
    ],
    ['groups', () => conv3dInfo(x, [1, 1, 1, 2, 3], {groups: 0}), /groups must be a whole number/],
    [
      'stride',
      () => conv3dInfo(x, [1, 1, 1, 2, 3], {strides: 0}),
      /strides must be whole numbers of at least 1/,
    ],
    [
      'strides',
      () => conv3dInfo(x, [1, 1, 1, 2, 3], {strides: [1, 2]}),
      /strides must be one number or three/,
    ],
    ['dilation', () => conv3dInfo(x, [1, 1, 1, 2, 3], {dilations: 1.5}), /dilations must be whole numbers/],
    ['pad', () => conv3dInfo(x, [1, 1, 1, 2, 3], {pad: -1}), /pad must be .*got -1/],
    ['filter too large', () => conv3dInfo(x, [5, 1, 1, 2, 3]), /larger than the padded input/],
    ['empty axis', () => conv3dInfo([1, 0, 4, 4, 2], [1, 1, 1, 2, 3]), /only the batch may be empty/],
    ['depthwise channels', () => depthwiseConv3dInfo(x, [1, 1, 1, 3, 1]), /x has 2 channels, the filter 3/],
    [
      'STS padding',
      () => stsDepthwiseConv3dInfo(x, [3, 3, 3, 2, 1], {pad: 'valid'}),
      /must be ceil\(input \/ stride\)/,
    ],
    [
      'STS dilation',
      () => stsDepthwiseConv3dInfo(x, [3, 3, 3, 2, 1], {dilations: 2}),
      /dilation has no meaning/,
    ],
    [
      'STS spatial stride',
      () => stsConv3dInfo(x, [3, 1, 1, 2, 4], {strides: [1, 2, 2]}),
      /keeps height and width/,
    ],
    [
      'split with groups',
      () => stsConv3dInfo(x, [3, 3, 3, 1, 4], {groups: 2, split: 'floor'}),
      /with groups leave it out/,
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(InvalidArgumentError);
    expect(run).toThrow(message);
  });
});
