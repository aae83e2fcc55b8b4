/**
 * Rivals that only a page has: the webgl backend, with our kernels and with its own conv3d, and onnxruntime-web on WebGPU, which runs the
 * ONNX file of the case where it can; it refuses grouped 3D convolutions.
 */
import * as tf from '@tensorflow/tfjs-core';
import {freeze, restoreStockKernels} from 'tfjs-sts';
import {toOnnx} from 'tfjs-sts/onnx';
import {buildModel, clipShape, clipTensor, clipValues} from '../players/model.mjs';

/** STORAGE, COPY_SRC and COPY_DST of a GPUBuffer. */
const USAGE = 0x80 | 0x4 | 0x8;

async function onWebgl(run) {
  await tf.setBackend('webgl');
  try {
    return await run();
  } finally {
    await tf.setBackend('webgpu');
  }
}

/** WebGL tells that it has finished when a value is read: one of them. */
async function readOne(y) {
  const one = tf.slice(y, Array(y.rank).fill(0), Array(y.rank).fill(1));
  await one.data();
  tf.dispose([y, one]);
}

function webglRivals(given) {
  // What the entry of webgl has put in its place would else run as the stock conv3d.
  restoreStockKernels('webgl', ['Conv3D']);
  const [model, x] = [buildModel(given), clipTensor(given)];
  const rival = (name, call) => ({name, call, within: onWebgl, finish: readOne});
  const layer = (one) => () => tf.tidy(() => one.layers[1].apply(x));
  if (given.network !== undefined) {
    const frozen = freeze(model);
    return {
      rivals: [rival('tfjs-sts frozen, webgl', () => frozen.predict(x))],
      dispose: () => [frozen, model, x].forEach((one) => void one.dispose()),
    };
  }
  const stock = given.depthwise ? undefined : buildModel(given, {stock: true});
  return {
    rivals: [
      rival('tfjs-sts, webgl', layer(model)),
      ...(stock === undefined ? [] : [rival('stock tfjs, webgl', layer(stock))]),
    ],
    dispose: () => [model, stock, x].forEach((one) => void one?.dispose()),
  };
}

/** On buffers of its device: neither the clip nor the answer goes through the processor. */
async function onnxRival(given) {
  const ort = await import('onnxruntime-web/webgpu');
  ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/';
  const model = buildModel(given);
  const bytes = await toOnnx(model, {layout: 'channelsFirst'});
  model.dispose();
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['webgpu'],
    preferredOutputLocation: 'gpu-buffer',
  });
  const device = await ort.env.webgpu.device;
  const values = clipValues(given);
  const gpuBuffer = device.createBuffer({size: values.byteLength, usage: USAGE});
  device.queue.writeBuffer(gpuBuffer, 0, values);
  const [time, height, width, channels] = clipShape(given);
  const clip = ort.Tensor.fromGpuBuffer(gpuBuffer, {
    dataType: 'float32',
    dims: [1, channels, time, height, width],
  });
  const rival = {
    name: 'onnxruntime-web',
    call: () => session.run({clip}),
    finish: async (outputs) => {
      await device.queue.onSubmittedWorkDone();
      for (const output of Object.values(outputs)) output.dispose();
    },
  };
  const dispose = async () => {
    await session.release();
    gpuBuffer.destroy();
  };
  try {
    // What it refuses, it refuses when it runs.
    await rival.finish(await rival.call());
  } catch (error) {
    await dispose();
    throw error;
  }
  return {rival, dispose};
}

/** @returns `{rivals, failed, dispose}` of a case, for measure.mjs */
export async function pageRivals(given) {
  const webgl = await onWebgl(() => webglRivals(given));
  try {
    const {rival, dispose} = await onnxRival(given);
    return {
      rivals: [...webgl.rivals, rival],
      failed: {},
      dispose: async () => {
        webgl.dispose();
        await dispose();
      },
    };
  } catch (error) {
    return {...webgl, failed: {'onnxruntime-web': error.message}};
  }
}
