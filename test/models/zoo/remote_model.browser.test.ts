/** loadModel in a page: the Cache API between two loads, and files that the user chose. Nothing is fetched for real. */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, beforeEach, expect, it, vi} from 'vitest';
import {registerLayers} from '../../../src/layers';
import {fromLayersModel, safetensors} from '../../../src/models/checkpoints';
import {type LoadedModel, loadModel, shardSafetensors} from '../../../src/models/zoo';
import {createNetwork} from '../../../src/networks';
import {FormatError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';

const TINY = 'efficientnet_lite_tiny_sts';
const ORIGIN = 'https://example.org/models/';
const CACHE = 'tfjs-sts-test';

let file: Uint8Array;
let expected: Float32Array[];
beforeAll(async () => {
  await startBackend('cpu');
  registerLayers();
  const original = createNetwork(TINY);
  file = safetensors.write(await fromLayersModel(original), {network: TINY});
  expected = weightsOf(original);
  original.dispose();
});
beforeEach(() => caches.delete(CACHE));
afterEach(async () => {
  vi.restoreAllMocks();
  await caches.delete(CACHE);
});

function weightsOf(model: tfl.LayersModel): Float32Array[] {
  return model.weights.map((weight) => weight.read().dataSync<'float32'>().slice());
}

/** Compares, and disposes of the model. */
function expectOriginal({model}: LoadedModel): void {
  expect(weightsOf(model)).toEqual(expected);
  model.dispose();
}

interface Asked {
  url: string;
  headers: Record<string, string>;
}

/** A server in the page: files by name, an ETag for each, ranges. */
function stub(files: Record<string, Uint8Array>): {fetchFunc: typeof fetch; asked: Asked[]} {
  const asked: Asked[] = [];
  const fetchFunc: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    asked.push({url: String(input), headers: Object.fromEntries(headers)});
    const bytes = files[String(input).slice(ORIGIN.length)];
    if (bytes === undefined) return new Response('', {status: 404});
    const etag = `"${bytes.length}"`;
    if (headers.get('if-none-match') === etag) return new Response(null, {status: 304});
    const offset = headers.get('if-range') === etag ? Number(/\d+/.exec(headers.get('range')!)) : 0;
    return new Response(bytes.slice(offset), {
      status: offset > 0 ? 206 : 200,
      headers: {etag, 'content-length': String(bytes.length - offset)},
    });
  };
  return {fetchFunc, asked};
}

/** No network; that the copy in the cache is used is said, but not in the log of the tests. */
function offline(): typeof fetch {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  return () => Promise.reject(new TypeError('Failed to fetch'));
}

it('keeps a file in the Cache API, and asks whether it has changed', async () => {
  const {fetchFunc, asked} = stub({'tiny.safetensors': file});
  const url = `${ORIGIN}tiny.safetensors`;
  for (let i = 0; i < 2; i++) expectOriginal(await loadModel(url, {cache: CACHE, fetchFunc}));
  expect(asked.map(({headers}) => headers['if-none-match'])).toEqual([undefined, `"${file.length}"`]);
  expectOriginal(await loadModel(url, {cache: CACHE, fetchFunc: offline()}));
});

it('reads shards without a network but for their index', async () => {
  const files: Record<string, Uint8Array> = {};
  for await (const {name, bytes} of shardSafetensors(file, {maxBytes: 20_000})) files[name] = bytes;
  const {fetchFunc, asked} = stub(files);
  const url = `${ORIGIN}model.safetensors.index.json`;
  expectOriginal(await loadModel(url, {cache: CACHE, fetchFunc}));
  expect(asked.length).toBe(Object.keys(files).length);
  expect(asked.length).toBeGreaterThan(2);
  asked.length = 0;
  expectOriginal(await loadModel(url, {cache: CACHE, fetchFunc}));
  expect(asked.map(({url}) => url)).toEqual([url]);
  expectOriginal(await loadModel(url, {cache: CACHE, fetchFunc: offline()}));
});

it('goes on with a download that was aborted', async () => {
  const {fetchFunc, asked} = stub({'tiny.safetensors': file});
  const stop = new AbortController();
  /** Sends half of the file, and then nothing. */
  const slow: typeof fetch = async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(file.slice(0, file.length >> 1)),
    });
    return new Response(body, {headers: {etag: `"${file.length}"`, 'content-length': String(file.length)}});
  };
  const url = `${ORIGIN}tiny.safetensors`;
  const options = {cache: CACHE, fetchFunc: slow, signal: stop.signal, onProgress: () => stop.abort()};
  await expect(loadModel(url, options)).rejects.toHaveProperty('name', 'AbortError');
  expectOriginal(await loadModel(url, {cache: CACHE, fetchFunc}));
  expect(asked.map(({headers}) => headers.range)).toEqual([`bytes=${file.length >> 1}-`]);
});

it('refuses a file with another hash, and keeps nothing of it', async () => {
  const {fetchFunc, asked} = stub({'tiny.safetensors': file});
  const act = loadModel(`${ORIGIN}tiny.safetensors`, {cache: CACHE, fetchFunc, sha256: '0'.repeat(64)});
  await expect(act).rejects.toThrow(FormatError);
  expect(asked.length).toBe(2);
  expect(await (await caches.open(CACHE)).keys()).toEqual([]);
});

it('takes a path as one beside the page', async () => {
  const asked: string[] = [];
  const fetchFunc: typeof fetch = async (input) => {
    asked.push(String(input));
    return new Response(file as Uint8Array<ArrayBuffer>);
  };
  expectOriginal(await loadModel('/models/tiny.safetensors', {cache: false, fetchFunc}));
  expect(asked).toEqual([`${location.origin}/models/tiny.safetensors`]);
});

it('takes the files that a user chose', async () => {
  const {model} = await loadModel('t.safetensors', {readFile: async () => file});
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
    }),
  );
  model.dispose();
  const {modelTopology, weightSpecs, weightData} = artifacts;
  const weightsManifest = [{paths: ['a.bin', 'b.bin'], weights: weightSpecs}];
  const json = JSON.stringify({format: 'layers-model', modelTopology, weightsManifest});
  const data = weightData as ArrayBuffer;
  const files = [
    new File([json], 'model.json', {type: 'application/json'}),
    new File([data.slice(0, 1000)], 'a.bin'),
    new File([data.slice(1000)], 'b.bin'),
  ];
  expectOriginal(await loadModel(tf.io.browserFiles(files)));
});
