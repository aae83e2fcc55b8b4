/**
 * What frozen networks ask of WebGL, counted: passes, programs and memory. Nothing is drawn, since no values are looked at and
 * software would take its time for them; clips are small where size does not matter.
 */
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {freeze} from '../../../src/entries';
import '../../../src/entries/backends/webgl';
import {createNetwork} from '../../../src/entries/networks';
import {startBackend} from '../../support/backends';

const counts = {passes: 0, compiled: 0, programs: new Set<WebGLProgram>()};
const methods = WebGL2RenderingContext.prototype;
const {drawElements, linkProgram, useProgram} = methods;

beforeAll(async () => {
  await startBackend('webgl');
  methods.drawElements = () => {
    counts.passes++;
  };
  methods.linkProgram = function (program) {
    counts.compiled++;
    linkProgram.call(this, program);
  };
  methods.useProgram = function (program) {
    if (program !== null) counts.programs.add(program);
    useProgram.call(this, program);
  };
});
afterAll(() => {
  Object.assign(methods, {drawElements, linkProgram, useProgram});
});

/** Whether a program is a convolution of ours. */
function isConvolution(program: WebGLProgram): boolean {
  const {gl} = (tf.backend() as unknown as {gpgpu: {gl: WebGL2RenderingContext}}).gpgpu;
  return gl.getAttachedShaders(program)!.some((shader) => gl.getShaderSource(shader)!.includes('addTap'));
}

/**
 * The pool is what the host has allocated since the page began, the model's own weights and those of the frozen one among it, of
 * SlowOnly at full size. Composed, the host takes 1.80 GB for it frozen, 1.60 GB for the model alone.
 */
const networks = [
  {name: 'slowonly_r50_8x8', frames: 8, side: 224, mostPool: 0.8e9},
  {name: 'x3d_s_sts', frames: 4},
  {name: 'slowfast_r50_8x8_sts', frames: 32},
  {name: 'ircsn_r50_sts', frames: 8},
];

describe.each(networks)('$name', ({name, frames, side = 64, mostPool = Number.POSITIVE_INFINITY}) => {
  it('is a pass a step and little else, of few programs', () => {
    const model = createNetwork(name, {weightless: true, frames, height: side, width: side});
    const frozen = freeze(model);
    const x = tf.zeros(model.inputs[0]!.shape.map((n) => n ?? 1));
    const run = () => {
      Object.assign(counts, {passes: 0, compiled: 0});
      counts.programs.clear();
      tf.dispose(frozen.predict(x));
      return {...counts, convolutions: [...counts.programs].filter(isConvolution).length};
    };
    const [first, second] = [run(), run()];
    expect(first.programs.size).toBeLessThanOrEqual(25);
    expect(first.convolutions).toBeLessThanOrEqual(6);
    expect(second.compiled).toBe(0);
    expect(second.passes).toBeLessThanOrEqual(frozen.stepCount + 6);
    const {numBytesInGPUAllocated} = tf.memory() as unknown as {numBytesInGPUAllocated: number};
    expect(numBytesInGPUAllocated).toBeLessThan(mostPool);
    tf.dispose(x);
    frozen.dispose();
    model.dispose();
  });
});
