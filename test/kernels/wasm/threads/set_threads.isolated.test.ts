/**
 * `setThreads` in a cross-origin isolated page, where the host runs its own threaded build, whose memory our workers
 * share: the same bits on one, two and three threads. The first run of our kernels is on one thread of that build.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../../src/entries';
import {setThreads} from '../../../../src/entries/backends/wasm';
import {startBackend} from '../../../support/backends';
import {naiveConv3d, naiveForward} from '../../../support/naive_conv3d';
import {heapOf, liveBackend, tensorOf, valuesOf} from '../wasm_host';
import {liveRuntime, startBehindWorkers} from './start_threads';

const xShape = [2, 3, 14, 13, 33];
const filterShape = [3, 3, 3, 33, 21];
const conv3d = () => sts.conv3d(tensorOf(xShape, 1), tensorOf(filterShape, 2), 1, 'same');
const depthwiseConv3d = () =>
  sts.depthwiseConv3d(tensorOf([2, 5, 15, 15, 54], 1), tensorOf([3, 3, 3, 54, 1], 2), [1, 2, 2], 'same');
const valuesFrom = (run: () => tf.Tensor) => tf.tidy(() => run().dataSync());

beforeAll(async () => {
  await startBackend('wasm');
});

describe.sequential('setThreads in an isolated page', () => {
  it('finds the threaded build of the host, on which our kernels run', () => {
    expect(globalThis.crossOriginIsolated).toBe(true);
    expect('PThread' in heapOf(liveBackend())).toBe(true);
    expect(heapOf(liveBackend()).HEAPU8.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(sts.kernelCoverage().IndirectConv3D).toBe('kernel');
    const {values, bounds} = naiveForward(
      naiveConv3d({
        xShape,
        filterShape,
        strides: [1, 1, 1],
        dilations: [1, 1, 1],
        before: [1, 1, 1],
        output: [3, 14, 13],
        groups: 1,
      }),
      valuesOf(xShape, 1),
      valuesOf(filterShape, 2),
      new Float32Array(21),
    );
    const given = valuesFrom(conv3d);
    expect(values.findIndex((value, i) => !(Math.abs(given[i]! - value) <= bounds[i]!))).toBe(-1);
  });

  it.each([
    ['conv3d', conv3d, 2 * 3 * 14 * 13],
    ['depthwiseConv3d', depthwiseConv3d, 2 * 5 * 8 * 8],
  ])('gives the same bits on 1, 2 and 3 threads: %s', async (_, run, all) => {
    await setThreads(1);
    const expected = valuesFrom(run);
    for (const threads of [2, 3]) {
      const rows = await startBehindWorkers(liveRuntime(), threads);
      let turns = 0;
      // How many turns it takes until a worker has woken up in time is up to the system.
      do expect(valuesFrom(run)).toEqual(expected);
      while (++turns < 200 && rows() === turns * all);
      expect(rows()).toBeLessThan(turns * all);
    }
    await setThreads(1);
    expect(valuesFrom(run)).toEqual(expected);
  });
});
