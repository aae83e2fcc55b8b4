/**
 * Frozen models on the backends of a page that have no kernels of ours: against the model itself on cpu, and which
 * convolution of the host they run.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {freeze} from '../../../src/inference/freeze';
import {registerLayers, layers as sts} from '../../../src/layers';
import {startBackend} from '../../support/backends';
import {takeDeviceErrors} from '../../support/device_errors';

beforeAll(registerLayers);

type Value = tfl.SymbolicTensor;

/** Convolutions with what is fused to them; channels of 2 to 127 are those of a fault of the host on webgpu. */
function residualBlock(makeConv: typeof tfl.layers.conv3d): tfl.LayersModel {
  const x = tfl.input({shape: [3, 5, 6, 8]});
  const conv = makeConv({filters: 8, kernelSize: [1, 3, 3], padding: 'same', activation: 'relu'}).apply(x);
  const other = makeConv({filters: 8, kernelSize: 3, padding: 'same'}).apply(conv);
  const sum = tfl.layers.add().apply([sts.batchNorm3d().apply(other) as Value, x]);
  return tfl.model({
    inputs: x,
    outputs: tfl.layers.activation({activation: 'swish' as 'relu'}).apply(sum) as Value,
  });
}

const convolutions = {host: tfl.layers.conv3d, ours: sts.conv3d as never};

/** How many times the host's own Conv3D runs from now on. */
function countHostConvolutions(backendName: string): () => number {
  const {kernelFunc} = tf.getKernel(tf.Conv3D, backendName)!;
  let calls = 0;
  tf.unregisterKernel(tf.Conv3D, backendName);
  tf.registerKernel({
    kernelName: tf.Conv3D,
    backendName,
    kernelFunc: (args) => {
      calls++;
      return kernelFunc(args);
    },
  });
  return () => calls;
}

describe.each(['webgl', 'webgpu'] as const)('on %s', (backend) => {
  it.each(['host', 'ours'] as const)(
    'a frozen model answers as the model on cpu: convolutions, %s',
    async (whose) => {
      await startBackend('cpu');
      const model = residualBlock(convolutions[whose]);
      model.weights.forEach((weight, i) => {
        const least = weight.originalName.endsWith('variance') ? 0.5 : -0.5;
        weight.write(tf.randomUniform(weight.shape as number[], least, 1, 'float32', i + 1));
      });
      const x = tf.randomNormal([2, 3, 5, 6, 8], 0, 1, 'float32', 3);
      const expected = Array.from(await (model.predict(x) as tf.Tensor).data());
      await startBackend(backend);
      const hostConvolutions = countHostConvolutions(backend);
      const actual = Array.from(await (freeze(model).predict(x) as tf.Tensor).data());
      const scale = Math.max(...expected.map(Math.abs));
      expect(scale).toBeGreaterThan(0);
      expect(Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(
        1e-5 * scale,
      );
      expect(hostConvolutions()).toBe(whose === 'host' ? 2 : 0);
    },
  );
});

it('an error of the device that nobody caught fails a test', async () => {
  await startBackend('webgpu');
  // A program that no device takes: the third entry of a vector of two.
  const {device} = tf.backend() as unknown as {device: {createShaderModule(source: {code: string}): unknown}};
  device.createShaderModule({code: 'const third = vec2<f32>(1, 2)[2];'});
  expect((await takeDeviceErrors()).join()).toMatch(/out of bounds/);
});
