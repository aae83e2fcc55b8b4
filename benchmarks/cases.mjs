/**
 * What the benchmarks run, one clip each: `ops` are single convolutions, layers of SlowFast, SlowOnly, R(2+1)D and X3D;
 * `networks` are whole networks; `narrow` are MeshNets, which have few channels, and single layers of them. Data only.
 */

const dense = (name, size, channels, filters, kernel, strides = [1, 1, 1]) => ({
  name: `${kernel.join('x')} ${channels}->${filters}, ${size.join('x')}${strides[1] > 1 ? ', stride 2' : ''}`,
  figure: name,
  size,
  channels,
  filters,
  kernel,
  strides,
});

/** Every convolution of X3D-S on 13 frames of 160 x 160 that sees time has 3x3x3 taps and is depthwise. */
const depthwise = (size, channels, stride = 1) => ({
  ...dense('depthwise', size, channels, channels, [3, 3, 3], [1, stride, stride]),
  name: `depthwise 3x3x3, ${channels} channels, ${size.join('x')}${stride > 1 ? ', stride 2' : ''}`,
  depthwise: true,
});

/** `size` is time, height, width of the input; padding is (kernel - 1) / 2 on every side, as in PyTorch's networks. */
export const ops = [
  dense('dense', [8, 14, 14], 1024, 256, [3, 1, 1]),
  dense('dense', [8, 28, 28], 64, 64, [3, 3, 3]),
  dense('dense', [8, 56, 56], 64, 64, [1, 3, 3]),
  dense('dense', [8, 224, 224], 3, 64, [1, 7, 7], [1, 2, 2]),
  depthwise([13, 28, 28], 108),
  depthwise([13, 80, 80], 54, 2),
  depthwise([13, 40, 40], 54),
  depthwise([13, 20, 20], 108),
  depthwise([13, 10, 10], 216),
  depthwise([13, 5, 5], 432),
];

const network = (title, name, frames, side) => ({
  name: `${title} ${frames}x${side}x${side}`,
  network: name,
  frames,
  side,
});

/** Dilated taps in time, four branches that read one value, tiny frames; values of bytes. */
const transNetV2 = {
  name: 'TransNetV2 100x27x48',
  network: 'transnet_v2',
  size: [100, 27, 48],
  channels: 3,
  bytes: true,
};

/** From the shortest to the longest. */
export const networks = [
  network('X3D-S', 'x3d_s', 13, 160),
  network('X3D-S', 'x3d_s', 13, 192),
  network('X3D-S STS', 'x3d_s_sts', 13, 160),
  transNetV2,
  network('R(2+1)D-34', 'r2plus1d_r34_8x8', 8, 112),
  network('ir-CSN-50', 'ircsn_r50', 8, 224),
  network('SlowOnly', 'slowonly_r50_8x8', 8, 224),
  network('SlowFast 4x16', 'slowfast_r50_4x16', 32, 224),
  network('SlowFast 8x8', 'slowfast_r50_8x8', 32, 224),
  network('ir-CSN-50', 'ircsn_r50', 32, 224),
];

const cube = (side) => [side, side, side];

/** A dilated layer of a MeshNet (Fedorov et al. 2017); padding keeps the size. */
const dilated = (side, channels, dilation) => ({
  ...dense('narrow', cube(side), channels, channels, [3, 3, 3]),
  name: `3x3x3 ${channels}->${channels}, dilation ${dilation}, ${side}^3`,
  dilation,
});

/** All layers of one: see networks.mjs. */
const meshNet = (side, width) => ({
  name: `MeshNet ${width}, ${side}^3`,
  network: 'meshnet',
  width,
  size: cube(side),
  channels: 1,
});

export const narrow = [
  ...[5, 11, 20, 30].map((width) => meshNet(64, width)),
  ...[5, 20].map((width) => meshNet(128, width)),
  ...[1, 3, 5, 8, 11, 16, 20, 30].flatMap((channels) =>
    [1, 4, 16].map((dilation) => dilated(64, channels, dilation)),
  ),
  ...[5, 11, 20, 30].flatMap((channels) => [1, 2, 8, 16].map((dilation) => dilated(128, channels, dilation))),
];
