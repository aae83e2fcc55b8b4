/**
 * What frozen networks ask of WebGL, counted on small clips: passes and programs. Nothing is drawn, since no values are looked at and
 * software would take its time for them.
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

const networks = [
  {name: 'x3d_s_sts', frames: 4},
  {name: 'slowfast_r50_8x8_sts', frames: 32},
  {name: 'ircsn_r50_sts', frames: 8},
];

describe.each(networks)('$name', ({name, frames}) => {
  it('is a pass a step and little else, of few programs', () => {
    const model = createNetwork(name, {weightless: true, frames, height: 64, width: 64});
    const frozen = freeze(model);
    const x = tf.zeros(model.inputs[0]!.shape.map((n) => n ?? 1));
    const run = () => {
      Object.assign(counts, {passes: 0, compiled: 0});
      counts.programs.clear();
      tf.dispose(frozen.predict(x));
      return {...counts, convolutions: [...counts.programs].filter(isConvolution).length};
    };
    const [first, second] = [run(), run()];
    expect(first.programs.size).toBeLessThanOrEqual(40);
    expect(first.convolutions).toBeLessThanOrEqual(6);
    expect(second.compiled).toBe(0);
    expect(second.passes).toBeLessThanOrEqual(frozen.stepCount + 15);
    tf.dispose(x);
    frozen.dispose();
    model.dispose();
  });
});
