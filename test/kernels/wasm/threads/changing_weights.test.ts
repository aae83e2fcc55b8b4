/**
 * Minimal filtering of few tiles with many weights that are given to a recording: in each run the convolution transforms them itself, a few
 * panels at a time. On one thread and on three, forward and back, the bits of weights that are transformed before it.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {IndirectConv3D, IndirectConv3DBackpropInput} from '../../../../src/geometry/kernel_names';
import {conv3dInfo} from '../../../../src/geometry/ordinary_info';
import {type BeginTape, RECORDER} from '../../../../src/geometry/recording';
import type {RowPlan} from '../../../../src/kernels/wasm/plan/call_plan';
import {planConvolution} from '../../../../src/kernels/wasm/plan/forward';
import {planInputGradient} from '../../../../src/kernels/wasm/plan/input_gradient';
import {tensorOf} from '../wasm_host';
import {liveRuntime, startBehindWorkers, startThreads} from './start_threads';

type Shape = [number, number, number, number, number];

beforeAll(() => startThreads(2));

const plansOf = (x: Shape, filter: Shape, strides: [number, number, number] = [1, 1, 1]) => {
  const info = conv3dInfo(x, filter, {pad: 'same', strides});
  const plain = {bias: false, residual: false, activation: 0};
  return {info, parts: [...planConvolution(info, plain, true), ...planInputGradient(info, true).parts]};
};

const runsOf = (parts: readonly {ofFilter?: RowPlan | undefined}[]) =>
  parts.map(({ofFilter}) => ofFilter?.run);

describe('goes so', () => {
  it.each<[string, Shape, Shape, [number, number, number]?]>([
    ['1x3x3 in tiles of 4 x 4', [1, 8, 8, 8, 256], [1, 3, 3, 256, 264]],
    ['with three taps in time', [1, 4, 8, 8, 256], [3, 3, 3, 256, 256]],
    [
      'with every second of five taps in time, which reach a single frame',
      [1, 1, 16, 16, 256],
      [5, 3, 3, 256, 256],
      [2, 1, 1],
    ],
    ['1x3x3 in tiles of 2 x 2', [1, 8, 4, 4, 512], [1, 3, 3, 512, 512]],
    ['3x1x1 in tiles of 4, the last not full', [2, 7, 5, 5, 1024], [3, 1, 1, 1024, 256]],
  ])('%s', async (_title, xShape, filterShape, strides) => {
    const {info, parts} = plansOf(xShape, filterShape, strides);
    expect(runsOf(parts)).toEqual(['convolveWinogradPanels', 'convolveWinogradPanels']);
    const [x, dy] = [tensorOf(xShape, 1), tensorOf([...info.outputShape], 2)];
    const backend = tf.backend();
    const {[RECORDER]: begin} = tf.getKernel(IndirectConv3D, 'wasm') as tf.KernelConfig & {
      [RECORDER]: BeginTape;
    };
    const run = (name: string, inputs: tf.NamedTensorInfoMap) =>
      tf.getKernel(name, 'wasm')!.kernelFunc({inputs, attrs: {info} as never, backend}) as tf.TensorInfo;
    const both = (x: tf.TensorInfo, dy: tf.TensorInfo, filter: tf.TensorInfo) => [
      run(IndirectConv3D, {x, filter}),
      run(IndirectConv3DBackpropInput, {dy, filter}),
    ];
    const valuesOf = (made: readonly tf.TensorInfo[]) =>
      made.map((result) => {
        const tensor = tf.engine().makeTensorFromTensorInfo(result, backend);
        const values = tensor.dataSync() as Float32Array;
        tensor.dispose();
        return values;
      });
    for (const threads of [1, 3]) {
      if (threads === 1) await liveRuntime().setThreads(1);
      else await startBehindWorkers(liveRuntime(), threads);
      const tape = begin(backend)!;
      const like = tensorOf(filterShape, 3);
      const names = [x, dy, like].map((tensor) => tape.given(tensor));
      const recording = tape.finish(tape.record(() => both(names[0]!, names[1]!, names[2]!)));
      like.dispose();
      for (const seed of [4, 5]) {
        const filter = tensorOf(filterShape, seed);
        const [found, expected] = [valuesOf(recording.run([x, dy, filter])!), valuesOf(both(x, dy, filter))];
        for (const [i, values] of expected.entries()) {
          expect(values.some((value) => value !== 0)).toBe(true);
          expect(values.findIndex((value, k) => !Object.is(value, found[i]![k]))).toBe(-1);
        }
        filter.dispose();
      }
    }
    tf.dispose([x, dy]);
  });
});

it.each<[string, Shape, Shape]>([
  ['more tiles than a block has', [1, 8, 24, 24, 256], [1, 3, 3, 256, 256]],
  ['weights that a cache holds', [1, 8, 8, 8, 128], [1, 3, 3, 128, 128]],
  ['a panel that is not full', [1, 8, 8, 8, 260], [1, 3, 3, 260, 260]],
  ['the direct form', [1, 8, 4, 4, 2048], [1, 1, 1, 2048, 512]],
])('does not with %s', (_title, xShape, filterShape) => {
  expect(runsOf(plansOf(xShape, filterShape).parts)).toEqual([undefined, undefined]);
});
