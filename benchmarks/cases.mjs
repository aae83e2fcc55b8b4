/** The shapes that the benchmarks run: layers of SlowFast, R(2+1)D and X3D, one clip. Data only. */

/** `x` is `[batch, time, height, width, channels]`, `filter` `[kt, kh, kw, in, out]` or `[kt, kh, kw, channels, 1]`. */
export const cases = [
  {
    name: '3x1x1 1024->256, 8x14x14',
    x: [1, 8, 14, 14, 1024],
    filter: [3, 1, 1, 1024, 256],
    strides: [1, 1, 1],
  },
  {name: '3x3x3 64->64, 8x28x28', x: [1, 8, 28, 28, 64], filter: [3, 3, 3, 64, 64], strides: [1, 1, 1]},
  {name: '1x3x3 64->64, 8x56x56', x: [1, 8, 56, 56, 64], filter: [1, 3, 3, 64, 64], strides: [1, 1, 1]},
  {
    name: '1x7x7 stride 2 3->64, 8x224x224',
    x: [1, 8, 224, 224, 3],
    filter: [1, 7, 7, 3, 64],
    strides: [1, 2, 2],
  },
  {
    name: 'depthwise 3x3x3, 108 channels, 13x28x28',
    x: [1, 13, 28, 28, 108],
    filter: [3, 3, 3, 108, 1],
    strides: [1, 1, 1],
    depthwise: true,
  },
];
