/** Plans of the wasm kernels: plain data of shapes alone, made once for as long as the convolution that they are of. */
import {describe, expect, it} from 'vitest';
import {conv3dInfo, depthwiseConv3dInfo} from '../../../src/geometry/ordinary_info';
import {stsDepthwiseConv3dInfo} from '../../../src/geometry/sts_info';
import {KeptPlans} from '../../../src/kernels/kept_plans';
import type {RowPlan} from '../../../src/kernels/wasm/plan/call_plan';
import {planFilterGradient} from '../../../src/kernels/wasm/plan/filter_gradient';
import {planConvolution} from '../../../src/kernels/wasm/plan/forward';
import {planInputGradient} from '../../../src/kernels/wasm/plan/input_gradient';

const epilogue = {bias: true, residual: true, activation: 1};

/** One for each form: minimal filtering, blocks, narrow, depthwise in bands and in place, scattered. */
const infos = {
  winograd: conv3dInfo([1, 4, 20, 20, 32], [1, 3, 3, 32, 40], {pad: 'same'}),
  dense: conv3dInfo([1, 4, 9, 9, 40], [1, 1, 1, 40, 48]),
  narrow: conv3dInfo([1, 6, 24, 24, 3], [3, 3, 3, 3, 4], {pad: 'same'}),
  strided: conv3dInfo([1, 4, 9, 9, 40], [3, 3, 3, 40, 48], {strides: 2, pad: 'same'}),
  bands: depthwiseConv3dInfo([1, 4, 9, 9, 12], [3, 3, 3, 12, 1], {pad: 'same'}),
  lines: stsDepthwiseConv3dInfo([1, 4, 10, 10, 12], [3, 3, 3, 12, 1]),
  multiplier: depthwiseConv3dInfo([1, 4, 9, 9, 12], [3, 1, 1, 12, 2]),
};

describe.each(Object.entries(infos))('the plan of %s', (_, info) => {
  const plans: RowPlan[] = [
    ...planConvolution(info, epilogue, true).map(({rows}) => rows),
    ...planInputGradient(info, true).parts.map(({rows}) => rows),
    ...planFilterGradient(info).passes,
  ];

  it('is plain data, as can be sent to a worker', () => {
    expect(structuredClone(plans)).toEqual(plans);
    const plan = () => planConvolution(info, epilogue, false);
    expect(structuredClone(plan())).toEqual(plan());
  });

  it('keeps its calls and zeros inside of its scratch, at vectors', () => {
    for (const {words, holes, zeros, bases, scratchBytes} of plans) {
      expect(scratchBytes % 16).toBe(0);
      expect(4 * words.length).toBeLessThanOrEqual(scratchBytes);
      for (let i = 0; i < holes.length; i += 3) {
        const [word, base, bytes] = holes.subarray(i, i + 3) as unknown as [number, number, number];
        expect(words[word]).toBe(0);
        expect(bases[base]).toBeDefined();
        if (bases[base] !== 'scratch') continue;
        expect(bytes % 16).toBe(0);
        expect(bytes).toBeLessThanOrEqual(scratchBytes);
      }
      for (let i = 0; i < zeros.length; i += 2) {
        // No call is wiped out.
        expect(zeros[i]!).toBeGreaterThanOrEqual(words.length);
        expect(4 * (zeros[i]! + zeros[i + 1]!)).toBeLessThanOrEqual(scratchBytes);
      }
    }
  });
});

describe('kept plans', () => {
  it('are made once for a convolution and a variant', () => {
    const made: string[] = [];
    const plans = new KeptPlans((info, variant) => {
      made.push(`${info.outputShape[4]} ${variant}`);
      return {info, variant};
    });
    const [one, other] = [infos.dense, infos.narrow];
    expect(plans.of(one, 1)).toBe(plans.of(one, 1));
    expect(plans.of(one)).not.toBe(plans.of(one, 1));
    expect(plans.of(other, 1)).toEqual({info: other, variant: 1});
    expect(made).toEqual(['48 1', '48 0', '4 1']);
  });
});

describe('bands', () => {
  /** The most that one of two threads computes, if each takes the next band when it is done. */
  const largerShare = (rows: number) => Math.ceil(rows / 2) / rows;

  /** Of X3D-S. */
  const layers: [side: number, channels: number, stride: number][] = [
    [80, 54, 2],
    [40, 54, 1],
    [40, 108, 2],
    [20, 108, 1],
    [20, 216, 2],
    [10, 216, 1],
    [10, 432, 2],
    [5, 432, 1],
  ];

  function rowsOf([side, channels, stride]: (typeof layers)[number], shared: boolean): number {
    const info = depthwiseConv3dInfo([1, 13, side, side, channels], [3, 3, 3, channels, 1], {
      strides: [1, stride, stride],
      pad: 'same',
    });
    const {run, rows} = planConvolution(info, epilogue, shared)[0]!.rows;
    expect(run).toBe('convolveBands');
    return rows;
  }

  it('are shared evenly by two threads', () => {
    for (const layer of layers) expect(largerShare(rowsOf(layer, true)), String(layer)).toBeLessThan(0.56);
  });

  it('are not cut for one thread, but for the cache', () => {
    for (const layer of layers) {
      const [side, channels] = layer;
      const rows = rowsOf(layer, false);
      expect(rows, String(layer)).toBeLessThanOrEqual(rowsOf(layer, true));
      // All lines of three frames of 20x20 positions of 64 channels are 300 kB.
      if (side <= 20) expect(rows, String(layer)).toBe(Math.ceil(channels / 64));
    }
  });
});
