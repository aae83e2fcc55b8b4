/** What holds of every op besides its values: gradients by differences, gradients of gradients, rank 4, dtypes, memory, coverage. */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../src/entries';
import {KERNEL_NAMES} from '../../src/geometry/kernel_names';
import {startBackend} from '../support/backends';
import {implementations} from '../support/implementations';

interface OpCase {
  op: string;
  xShape: [number, number, number, number, number];
  filterShape: [number, number, number, number, number];
  run(x: tf.Tensor5D, w: tf.Tensor5D, bias?: tf.Tensor1D): tf.Tensor5D;
}

const withBias = (bias: tf.Tensor1D | undefined) => (bias === undefined ? {} : {bias});

const opCases: OpCase[] = [
  {
    op: 'conv3d',
    xShape: [2, 3, 5, 4, 4],
    filterShape: [2, 3, 2, 2, 4],
    run: (x, w, bias) =>
      sts.fused.conv3d({
        x,
        filter: w,
        strides: [1, 2, 1],
        pad: 'same',
        dilations: [1, 1, 2],
        groups: 2,
        ...withBias(bias),
      }),
  },
  {
    op: 'depthwiseConv3d',
    xShape: [1, 4, 4, 5, 3],
    filterShape: [3, 2, 3, 3, 2],
    run: (x, w, bias) =>
      sts.fused.depthwiseConv3d({x, filter: w, strides: 2, pad: 'same', ...withBias(bias)}),
  },
  {
    op: 'stsConv3d',
    xShape: [1, 4, 3, 4, 3],
    filterShape: [3, 1, 1, 3, 7],
    run: (x, w, bias) => sts.fused.stsConv3d({x, filter: w, strides: [2, 1, 1], ...withBias(bias)}),
  },
  {
    op: 'stsDepthwiseConv3d',
    xShape: [2, 3, 4, 6, 3],
    filterShape: [3, 3, 3, 3, 1],
    run: (x, w, bias) =>
      sts.fused.stsDepthwiseConv3d({x, filter: w, strides: [1, 2, 2], pad: 1, ...withBias(bias)}),
  },
];

/** Small whole numbers: every product and sum in these tests is exact in float32. */
function wholeNumbers(shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({length: size}, (_, i) => ((i * 37 + seed * 11) % 7) - 3),
    shape,
  );
}

describe.each(implementations)('on $name', ({use}) => {
  beforeAll(use);

  describe.each(opCases)('$op', ({xShape, filterShape, run}) => {
    const given = () => {
      const x = wholeNumbers(xShape, 1) as tf.Tensor5D;
      const w = wholeNumbers(filterShape, 2) as tf.Tensor5D;
      const y = run(x, w);
      const bias = wholeNumbers([y.shape[4]], 3) as tf.Tensor1D;
      return {x, w, bias, g: wholeNumbers(y.shape, 4)};
    };

    it('has the gradients that differences give', () => {
      tf.tidy(() => {
        const {x, w, bias, g} = given();
        const inputs: tf.Tensor[] = [x, w, bias];
        const value = (values: tf.Tensor[]) =>
          tf
            .sum(tf.mul(run(values[0] as tf.Tensor5D, values[1] as tf.Tensor5D, values[2] as tf.Tensor1D), g))
            .dataSync()[0]!;
        const gradients = tf.grads((...values: tf.Tensor[]) =>
          run(...(values as [tf.Tensor5D, tf.Tensor5D, tf.Tensor1D])),
        )(inputs, g);
        inputs.forEach((input, which) => {
          const analytic = gradients[which]!.dataSync();
          for (let at = 0; at < input.size; at += Math.max(1, Math.floor(input.size / 25))) {
            // The function is linear in each input, so a step of 1 has no truncation error.
            const step = tf.reshape(tf.oneHot(tf.tensor1d([at], 'int32'), input.size), input.shape);
            const moved = (sign: number) =>
              inputs.map((other, i) => (i === which ? tf.add(other, tf.mul(step, sign)) : other));
            expect(analytic[at], `input ${which} at ${at}`).toBe((value(moved(1)) - value(moved(-1))) / 2);
          }
        });
      });
    });

    it('has gradients of gradients', () => {
      // L(x) = sum(dF/dw ^ 2) is quadratic in x: its gradient is a difference of two values, exactly.
      tf.tidy(() => {
        const {x, w, g} = given();
        const loss = (input: tf.Tensor) => {
          const filterGradient = tf.grad((filter) =>
            tf.mul(run(input as tf.Tensor5D, filter as tf.Tensor5D), g),
          )(w);
          return tf.sum(tf.square(filterGradient)) as tf.Scalar;
        };
        const analytic = tf.grad(loss)(x).dataSync();
        for (let at = 0; at < x.size; at += Math.floor(x.size / 7)) {
          const step = tf.reshape(tf.oneHot(tf.tensor1d([at], 'int32'), x.size), x.shape);
          const difference = tf.sub(loss(tf.add(x, step)), loss(tf.sub(x, step))).dataSync()[0]! / 2;
          expect(analytic[at]).toBe(difference);
        }
      });
    });

    it('keeps no tensors, forward or backward', () => {
      tf.tidy(() => {
        const {x, w, bias, g} = given();
        const before = tf.memory();
        run(x, w, bias).dispose();
        expect(tf.memory().numTensors).toBe(before.numTensors);
        const gradients = tf.grads((...values: tf.Tensor[]) =>
          run(...(values as [tf.Tensor5D, tf.Tensor5D, tf.Tensor1D])),
        )([x, w, bias], g);
        expect(tf.memory().numTensors).toBe(before.numTensors + 3);
        for (const gradient of gradients) gradient.dispose();
        expect(tf.memory().numTensors).toBe(before.numTensors);
        expect(tf.memory().numBytes).toBe(before.numBytes);
      });
    });

    it('takes one clip without a batch, whole numbers, and nested arrays', () => {
      tf.tidy(() => {
        const {x, w} = given();
        const clip = tf.slice(x, 0, 1) as tf.Tensor5D;
        const expected = run(clip, w);
        const rank4 = tf.squeeze(clip, [0]);
        const single = run(rank4 as unknown as tf.Tensor5D, w) as tf.Tensor;
        expect(single.shape).toEqual(expected.shape.slice(1));
        expect(single.dataSync()).toEqual(expected.dataSync());
        const integers = run(tf.cast(clip, 'int32'), tf.cast(w, 'int32'));
        expect(integers.dtype).toBe('float32');
        expect(integers.dataSync()).toEqual(expected.dataSync());
        const arrays = run(
          clip.arraySync() as unknown as tf.Tensor5D,
          w.arraySync() as unknown as tf.Tensor5D,
        );
        expect(arrays.dataSync()).toEqual(expected.dataSync());
      });
    });
  });

  it('refuses other layouts, a wrong bias and strings before it computes', () => {
    const x = tf.zeros([1, 2, 2, 2, 2]) as tf.Tensor5D;
    const w = tf.zeros([1, 1, 1, 2, 3]) as tf.Tensor5D;
    const before = tf.memory().numTensors;
    expect(() => sts.conv3d(x, w, 1, 'same', 'NCDHW')).toThrow(
      /conv3d: only dataFormat 'NDHWC'.*got "NCDHW"/,
    );
    expect(() => sts.fused.conv3d({x, filter: w, pad: 'same', bias: [1, 2]})).toThrow(
      /bias must have shape \[3\].*got \[2\]/,
    );
    expect(() => sts.conv3d(x, tf.tensor(['a']) as unknown as tf.Tensor5D, 1, 'same')).toThrow(
      /filter must be numeric; got dtype string/,
    );
    tf.dispose([x, w]);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before);
  });
});

describe.each(opCases)('$op', ({op, xShape, filterShape}) => {
  it('refuses a seventh argument, as programs without types may give it, and names the op that has more', async () => {
    await startBackend('cpu');
    const {conv3d, depthwiseConv3d, stsConv3d, stsDepthwiseConv3d} = sts;
    const ops: Record<string, unknown> = {conv3d, depthwiseConv3d, stsConv3d, stsDepthwiseConv3d};
    const convolve = ops[op] as (...args: unknown[]) => tf.Tensor;
    const filter = op === 'conv3d' ? [1, 1, 1, xShape[4], 2] : filterShape;
    const args = [tf.zeros(xShape), tf.zeros(filter), 1, 'same', 'NDHWC', 1];
    expect(() => convolve(...args, undefined)).not.toThrow();
    expect(() => convolve(...args, {activation: 'relu'})).toThrow(sts.InvalidArgumentError);
    expect(() => convolve(...args, undefined, 2)).toThrow(`sts.fused.${op}`);
  });
});

describe('kernelCoverage', () => {
  it.each(implementations)('tells what runs on $name', async ({name, backend, use}) => {
    const putBack = await use();
    const ours: Record<string, readonly string[]> = {
      'cpu, kernels': KERNEL_NAMES.filter(
        (kernel) => !/^BatchNorm|^Relu|^Swish|^Gate|^CrossEntropy/.test(kernel),
      ),
      'wasm, kernels': KERNEL_NAMES,
    };
    const expected = Object.fromEntries(
      KERNEL_NAMES.map((kernel) => [kernel, ours[name]?.includes(kernel) ? 'kernel' : 'composed']),
    );
    expect(sts.kernelCoverage()).toMatchObject(expected);
    // The composed form registers itself on first use and still is told as composed.
    tf.tidy(() =>
      sts.conv3d(tf.zeros([1, 1, 1, 1, 1]) as tf.Tensor5D, tf.zeros([1, 1, 1, 1, 1]) as tf.Tensor5D),
    );
    expect(sts.kernelCoverage(backend)).toMatchObject(expected);
    putBack();
  });
});
