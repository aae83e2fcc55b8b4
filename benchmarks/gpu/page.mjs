/** The benchmark in a page: chromium.mjs opens it and calls `window.gpuBenchmark`. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import 'tfjs-sts/webgl';
import 'tfjs-sts/webgpu';
import {measure} from './measure.mjs';
import {pageRivals} from './page_rivals.mjs';

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** The adapter that the host's backend takes; a page without one has no WebGPU. */
async function findAdapter() {
  const adapter = await navigator.gpu?.requestAdapter({powerPreference: 'high-performance'});
  if (adapter == null) throw new Error('This Chromium has no WebGPU: no driver, or flags are missing.');
  const {vendor, architecture, description, isFallbackAdapter} = adapter.info;
  const names = [vendor, architecture, description].join(' ');
  return {vendor, architecture, description, software: isFallbackAdapter === true || SOFTWARE.test(names)};
}

async function run(given) {
  tf.enableProdMode();
  await tf.setBackend('webgpu');
  return measure(given, window.tellResult, pageRivals);
}

window.gpuBenchmark = {findAdapter, run};
