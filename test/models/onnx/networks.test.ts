/**
 * The networks as ONNX files in ONNX Runtime against the authors' code (golden logits) and against this package: every family with
 * STS, and what is there besides, on the smallest golden clips; small ones of every kind in native code and in WebAssembly.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as native from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {toOnnx} from '../../../src/models/onnx';
import {createNetwork, listNetworks} from '../../../src/networks';
import '../../../src/entries/backends/wasm';
import {imageNetworks, videoNetworks} from '../../networks/golden_files';
import {build, type Case, fillWeights, inputOf} from '../../networks/golden_networks';
import {startBackend} from '../../support/backends';
import {readGolden, readGoldenJson} from '../../support/golden';
import {readGoldenDoubles} from '../../support/safetensors';
import {difference, runOnnx} from './onnx_runtime';

/** How often a case may exceed the rounding error that the authors' own float32 has. */
const GATE = 20;

/** Between ONNX Runtime and us, of the largest logit. */
const TOLERANCE = 1e-4;

// Large ones cost seconds each, and differ from the small ones below in numbers alone. So one SlowFast of the two; without STS the
// one whose kernels are depthwise; and of twins on images what they do otherwise, one frame and SlowFast's head.
const {slowfast_r50_4x16, slowonly_r50_8x8, r2plus1d_r34_8x8, ircsn_r50, x3d_s} = videoNetworks;
const networks = [
  ...[slowfast_r50_4x16, slowonly_r50_8x8, r2plus1d_r34_8x8, ircsn_r50].map((golden) => ({
    golden,
    cases: /_sts_32x32$/,
  })),
  ...[x3d_s, imageNetworks.slowfast_r50_4x16, imageNetworks.x3d_s].map((golden) => ({
    golden,
    cases: /_32x32$/,
  })),
];

beforeAll(async () => {
  await startBackend('wasm');
  web.env.wasm.numThreads = 1;
});

describe.each(networks)('$golden.file', async ({golden, cases: pattern}) => {
  const {file} = golden;
  const {cases} = await readGoldenJson<{cases: Case[]}>(`networks/${file}.json`);
  const expected = readGoldenDoubles(await readGolden(`networks/${file}.safetensors`));
  const weights = new Map<string, tf.Tensor>();
  afterAll(() => tf.dispose([...weights.values()]));

  const small = cases.filter(({name}) => pattern.test(name));
  it.each(small.map((goldenCase) => [goldenCase.name, goldenCase] as const))(
    '%s',
    async (name, goldenCase) => {
      const model = build(golden, goldenCase);
      fillWeights(model, golden.names, weights);
      const clip = inputOf(goldenCase);
      const ours = tf.tidy(() => (model.predict(clip) as tf.Tensor).dataSync());
      const bytes = await toOnnx(model);
      model.dispose();
      const logits = expected.get(`${name}/logits_f64`)!;
      const largest = Math.max(...logits.map(Math.abs));
      const [answer] = await runOnnx(native, bytes, [clip]);
      expect(answer).toMatchObject({name: 'classifier', shape: [1, logits.length]});
      expect(difference(answer!.values, ours) / largest, 'ONNX Runtime and ours').toBeLessThan(TOLERANCE);
      const error = difference(answer!.values, logits) / goldenCase.max_abs_diff_f32_f64;
      expect(error, "ONNX Runtime and the authors' code").toBeLessThan(GATE);
      clip.dispose();
    },
  );
});

describe('every family', () => {
  const tiny = listNetworks({name: 'tiny', tiny: true, task: 'classification'}).map(({name}) => name);
  it.each(tiny)('%s answers alike', async (name) => {
    const model = createNetwork(name, {classes: 5});
    const clip = tf.randomUniform([2, ...(model.inputs[0]!.shape.slice(1) as number[])], -2, 2, 'float32', 7);
    const ours = tf.tidy(() => (model.predict(clip) as tf.Tensor).dataSync());
    const bytes = await toOnnx(model);
    model.dispose();
    for (const [runtime, ort] of Object.entries({native, web})) {
      const [answer] = await runOnnx(ort, bytes, [clip]);
      expect(answer!.shape).toEqual([2, 5]);
      const error = difference(answer!.values, ours) / Math.max(...ours.map(Math.abs));
      expect(error, `${runtime} and ours`).toBeLessThan(TOLERANCE);
    }
    clip.dispose();
  });
});
