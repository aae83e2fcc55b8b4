/** ONNX Runtime in Node: onnxruntime-web on wasm or onnxruntime-node. Options: package. */
import {readFileSync} from 'node:fs';
import {clipShape, sample} from './model.mjs';
import {given, serve, versionOf} from './serve.mjs';

const {package: name, threads, model, clip} = given;
const isWeb = name === 'onnxruntime-web';
const ort = await import(name);
if (isWeb) ort.env.wasm.numThreads = threads;
const session = isWeb
  ? await ort.InferenceSession.create(new Uint8Array(readFileSync(model)), {executionProviders: ['wasm']})
  : await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    });
const bytes = readFileSync(clip);
const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const [time, height, width, channels] = clipShape(given.case);
const feeds = {clip: new ort.Tensor('float32', values, [1, channels, time, height, width])};
let output;
await serve(
  versionOf(name),
  async () => {
    const results = await session.run(feeds);
    output = results[session.outputNames[0]];
  },
  () => sample(output.data),
);
