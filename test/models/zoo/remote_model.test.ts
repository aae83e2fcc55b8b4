/** loadModel of addresses, shards and handlers: the same model as from disk, bit by bit, and all that must be refused. */
import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import {Files} from '../../../src/files/files';
import {registerLayers} from '../../../src/layers';
import {entryOf, fromLayersModel, read, safetensors} from '../../../src/models/checkpoints';
import type {ModelRow} from '../../../src/models/zoo';
import {LABELS, type LoadedModel, loadLabels, loadModel, shardSafetensors} from '../../../src/models/zoo';
import {fromRow} from '../../../src/models/zoo/load';
import {createNetwork} from '../../../src/networks';
import {FormatError, InvalidArgumentError, UnavailableError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';
import {breaking, type Server, serve} from './server';

const TINY = 'efficientnet_lite_tiny_sts';
const METADATA = {network: TINY, size: '40', labels: '["a", "b", "c", "d", "e"]'};
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const scratch = mkdtempSync(join(tmpdir(), 'remote-model-'));
let cache: string;
let server: Server;
let file: Uint8Array;
let expected: Buffer[];

beforeAll(async () => {
  await startBackend('wasm');
  registerLayers();
  const original = createNetwork(TINY);
  file = safetensors.write(await fromLayersModel(original), METADATA);
  expected = weightsOf(original);
  original.dispose();
});
let turn = 0;
beforeEach(async () => {
  cache = join(scratch, String(turn++));
  server = await serve();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});
afterAll(() => rmSync(scratch, {recursive: true}));

function weightsOf(model: tfl.LayersModel): Buffer[] {
  return model.weights.map((weight) => Buffer.from(weight.read().dataSync<'float32'>().slice().buffer));
}

/** Compares, and disposes of the model. */
function expectOriginal({model, info}: LoadedModel): void {
  const weights = weightsOf(model);
  model.dispose();
  expect(weights.length).toBe(expected.length);
  expect(weights.every((values, i) => values.equals(expected[i]!))).toBe(true);
  expect(info).toMatchObject({network: TINY, size: 40, labels: ['a', 'b', 'c', 'd', 'e']});
}

/** Serves what the writer of shards makes; each with an ETag. */
async function serveShards(maxBytes: number): Promise<string[]> {
  const names: string[] = [];
  for await (const {name, bytes} of shardSafetensors(file, {maxBytes})) {
    server.files[name] = {bytes, etag: `"${name}"`};
    names.push(name);
  }
  return names;
}

const INDEX = 'model.safetensors.index.json';

interface Index {
  metadata: Record<string, unknown> & {shards: Record<string, {sha256?: unknown; bytes?: unknown}>};
  weight_map: Record<string, unknown>;
}

function editIndex(edit: (index: Index) => void): void {
  const index: Index = JSON.parse(new TextDecoder().decode(server.files[INDEX]!.bytes));
  edit(index);
  server.files[INDEX] = {bytes: new TextEncoder().encode(JSON.stringify(index))};
}

describe('an address of a .safetensors file', () => {
  it('gives the model, with progress by bytes, and again without a network', async () => {
    server.files['a/tiny.safetensors'] = {bytes: file, etag: '"1"'};
    const url = `${server.origin}/a/tiny.safetensors?download=true#x`;
    const fractions: number[] = [];
    const options = {cache, sha256: sha256(file)};
    const loaded = await loadModel(url, {
      ...options,
      // So that the small file comes in two chunks.
      fetchFunc: breaking(1000),
      onProgress: (fraction) => fractions.push(fraction),
    });
    expectOriginal(loaded);
    expect(loaded.info.name).toBe(url);
    expect(fractions.length).toBeGreaterThan(1);
    expect(fractions).toEqual([...new Set(fractions)].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    await server.close();
    expectOriginal(await loadModel(new URL(url), options));
  });

  it('is kept where TFJS_STS_CACHE says, and nowhere with cache: false', async () => {
    server.files['tiny.safetensors'] = {bytes: file, etag: '"1"'};
    vi.stubEnv('TFJS_STS_CACHE', cache);
    const url = `${server.origin}/tiny.safetensors`;
    for (const option of [{cache: false}, {}, {}]) {
      const {model} = await loadModel(url, option);
      model.dispose();
    }
    vi.unstubAllEnvs();
    expect(server.asked.map(({status}) => status)).toEqual([200, 200, 304]);
  });

  it('fetches with fetchFunc alone', async () => {
    const asked: string[] = [];
    const fetchFunc: typeof fetch = async (input) => {
      asked.push(String(input));
      return new Response(file as Uint8Array<ArrayBuffer>);
    };
    expectOriginal(await loadModel('https://example.org/tiny.safetensors', {cache: new Map(), fetchFunc}));
    expect(asked).toEqual(['https://example.org/tiny.safetensors']);
  });

  it.each([
    ['is no such file', 'not weights'],
    ['names no network', safetensors.write([])],
  ])('that %s is refused, and not found in the cache afterwards', async (_what, wrong) => {
    const bytes = typeof wrong === 'string' ? new TextEncoder().encode(wrong) : wrong;
    server.files['tiny.safetensors'] = {bytes, etag: '"1"'};
    const url = `${server.origin}/tiny.safetensors`;
    await expect(loadModel(url, {cache})).rejects.toThrow(FormatError);
    server.files['tiny.safetensors'] = {bytes: file, etag: '"1"'};
    expectOriginal(await loadModel(url, {cache}));
  });

  it.each(['abc', 'A'.repeat(64)])('takes no hash %s', async (hash) => {
    await expect(loadModel('x.safetensors', {sha256: hash})).rejects.toThrow(InvalidArgumentError);
  });

  it('leaves no tensor when it is aborted', async () => {
    server.files['tiny.safetensors'] = {bytes: file, etag: '"1"', stallsAfter: 1000};
    const before = tf.memory().numTensors;
    const stop = new AbortController();
    const act = loadModel(`${server.origin}/tiny.safetensors`, {
      cache,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(act).rejects.toHaveProperty('name', 'AbortError');
    expect(tf.memory().numTensors).toBe(before);
    await expect(loadModel('efficientnet_lite0', {signal: stop.signal})).rejects.toHaveProperty(
      'name',
      'AbortError',
    );
  });
});

it('a row of the table whose weights lie at an address is fetched, compared and kept', async () => {
  const url = 'https://example.org/tiny.safetensors';
  const row: ModelRow = {
    name: `${TINY}.mine`,
    network: TINY,
    tag: 'mine',
    task: 'classification',
    description: 'a row for this test',
    weights: {from: 'url', url, bytes: file.length, sha256: sha256(file)},
    input: {frames: 4, size: 40, crop: 32, mean: 127, std: 128},
    views: null,
    labels: null,
    licence: null,
    source: 'this test',
    reported: [],
    measured: [],
  };
  const fetchFunc = vi.fn<typeof fetch>(async () => new Response(new Uint8Array(file)));
  const options = {cache: new Map<string, Uint8Array>(), fetchFunc};
  for (const _ of ['from there', 'from the cache']) {
    const loading = {options, files: new Files(options, 'loadModel'), onProgress: () => {}};
    const {model, info} = await fromRow(row, 'mine', loading);
    expect(weightsOf(model).every((values, i) => values.equals(expected[i]!))).toBe(true);
    expect(info).toMatchObject({name: 'mine', network: TINY, size: 40, crop: 32});
    model.dispose();
  }
  expect(fetchFunc).toHaveBeenCalledTimes(1);
});

describe('shards', () => {
  it.each([1, 20_000, 1e9])('of at most %i bytes give what one file gives, bit by bit', async (maxBytes) => {
    const names = await serveShards(maxBytes);
    const fractions: number[] = [];
    const url = `${server.origin}/${INDEX}`;
    expectOriginal(await loadModel(url, {cache, onProgress: (fraction) => fractions.push(fraction)}));
    expect(fractions).toEqual([...new Set(fractions)].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect(names.at(-1)).toBe(INDEX);
    // The index is asked for again; the shards, whose hashes it has, are not.
    server.asked.length = 0;
    expectOriginal(await loadModel(url, {cache}));
    expect(server.asked.map(({path, status}) => [path, status])).toEqual([[`/${INDEX}`, 304]]);
    await server.close();
    const hash = sha256(server.files[INDEX]!.bytes);
    expectOriginal(await loadModel(url, {cache, sha256: hash}));
  });

  it('hold at most as much as they may, but for a larger tensor', async () => {
    const entries = [30, 30, 50, 200, 10].map(
      (length, i) => [`w${i}`, entryOf(new Uint8Array(length), [length])] as const,
    );
    const shards: number[][] = [];
    for await (const {name, bytes} of shardSafetensors(entries, {maxBytes: 100, name: 'net'})) {
      if (name.endsWith('.json')) {
        const {metadata, weight_map} = JSON.parse(new TextDecoder().decode(bytes));
        expect(metadata.total_size).toBe(320);
        expect(weight_map.w3).toBe('net-00003-of-00004.safetensors');
      } else {
        expect(name).toBe(`net-0000${shards.length + 1}-of-00004.safetensors`);
        shards.push([...read(bytes)].map(([, {byteLength}]) => byteLength));
      }
    }
    expect(shards).toEqual([[30, 30], [50], [200], [10]]);
  });

  it('are read from a folder too, by path and by URL', async () => {
    mkdirSync(cache);
    for await (const {name, bytes} of shardSafetensors(file, {maxBytes: 20_000}))
      writeFileSync(join(cache, name), bytes);
    const path = join(cache, INDEX);
    for (const source of [path, pathToFileURL(path)]) {
      expectOriginal(await loadModel(source));
    }
  });

  it('of others, without hashes, load too; one file is asked for again', async () => {
    const names = await serveShards(20_000);
    editIndex(({metadata}) => Reflect.deleteProperty(metadata, 'shards'));
    for (const status of [200, 304]) {
      server.asked.length = 0;
      expectOriginal(await loadModel(`${server.origin}/${INDEX}`, {cache}));
      expect(server.asked.slice(1).map((asked) => asked.status)).toEqual(names.slice(1).map(() => status));
    }
  });

  it.each<[string, (index: Index, first: string, second: string) => void, RegExp]>([
    ['leads out of the folder', ({weight_map}) => (weight_map.x = '../x.safetensors'), /not in its folder/],
    ['leads out by ..', ({weight_map}) => (weight_map.x = 'a/../../x.safetensors'), /not in its folder/],
    [
      'names another server',
      ({weight_map}) => (weight_map.x = 'http://127.0.0.1:1/x.safetensors'),
      /not in its/,
    ],
    ['names a server alone', ({weight_map}) => (weight_map.x = '//127.0.0.1:1/x.safetensors'), /not in its/],
    ['names a place on the disk', ({weight_map}) => (weight_map.x = '/etc/x.safetensors'), /not in its/],
    ['names another kind of file', ({weight_map}) => (weight_map.x = 'x.pth'), /"x" is no \.safetensors/],
    ['names no file', ({weight_map}) => (weight_map.x = 7), /"x" is no \.safetensors/],
    ['is empty', (index) => (index.weight_map = {}), /weight_map is empty/],
    ['has a list for weights', (index) => (index.weight_map = [] as never), /weight_map is no object/],
    [
      'has nonsense for shards',
      ({metadata}) => (metadata.shards = 'x' as never),
      /metadata\.shards is no object/,
    ],
    [
      'has a hash that is none',
      ({metadata}, first) => (metadata.shards[first]!.sha256 = 'x'),
      /sha256 of model-00001.* 64 digits/,
    ],
    [
      'has a negative length',
      ({metadata}, first) => (metadata.shards[first]!.bytes = -1),
      /bytes of model-00001/,
    ],
  ])('with an index that %s are refused before any is read', async (_what, edit, message) => {
    const [first, second] = await serveShards(20_000);
    editIndex((index) => edit(index, first!, second!));
    const act = loadModel(`${server.origin}/${INDEX}`, {cache});
    await expect(act).rejects.toThrow(FormatError);
    await expect(act).rejects.toThrow(message);
    expect(server.asked.map(({path}) => path)).toEqual([`/${INDEX}`]);
  });

  it.each<[string, (index: Index, first: string, second: string) => void, RegExp]>([
    [
      'places a tensor in the wrong file',
      ({weight_map}, first, second) => {
        const name = Object.keys(weight_map).find((key) => weight_map[key] === first)!;
        weight_map[name] = second;
      },
      /contradict each other/,
    ],
    [
      'has a tensor that is in no file',
      ({weight_map}, first) => (weight_map.x = first),
      /places a tensor "x".*has none/,
    ],
    [
      'leaves a tensor out',
      ({weight_map}, first) => {
        const name = Object.keys(weight_map).find((key) => weight_map[key] === first)!;
        Reflect.deleteProperty(weight_map, name);
      },
      /the file has a tensor .* that the index does not place there/,
    ],
    [
      'has the hash of another file',
      ({metadata}, first, second) => (metadata.shards[first]!.sha256 = metadata.shards[second]!.sha256),
      /model-00001.* its sha256 is [0-9a-f]{64}, needed is [0-9a-f]{64}/,
    ],
    [
      'promises more bytes than there are in the world',
      ({metadata, weight_map}, first) => {
        metadata.shards[first]!.bytes = Number.MAX_SAFE_INTEGER;
        weight_map.x = first;
      },
      /contradict each other/,
    ],
  ])('with an index that %s are refused, leaving no tensor', async (_what, edit, message) => {
    const [first, second] = await serveShards(20_000);
    editIndex((index) => edit(index, first!, second!));
    const before = tf.memory().numTensors;
    const act = loadModel(`${server.origin}/${INDEX}`, {cache});
    await expect(act).rejects.toThrow(FormatError);
    await expect(act).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('of which one is not there are refused', async () => {
    const [, second] = await serveShards(20_000);
    Reflect.deleteProperty(server.files, second!);
    const act = loadModel(`${server.origin}/${INDEX}`, {cache});
    await expect(act).rejects.toThrow(UnavailableError);
    await expect(act).rejects.toThrow(`${second}: the server answered 404`);
  });

  it.each(['no json', '[1]', 'null', '{}'])('with the index %s are refused', async (text) => {
    server.files[INDEX] = {bytes: new TextEncoder().encode(text)};
    await expect(loadModel(`${server.origin}/${INDEX}`, {cache})).rejects.toThrow(/is no index of/);
  });

  it.each([
    [{maxBytes: 0}, /maxBytes is 0/],
    [{maxBytes: 1.5}, /maxBytes is 1\.5/],
    [{maxBytes: 1, name: '../x'}, /"\.\.\/x" cannot begin file names/],
  ])('are not made with %o', async (options, message) => {
    const act = shardSafetensors(file, options).next();
    await expect(act).rejects.toThrow(InvalidArgumentError);
    await expect(act).rejects.toThrow(message);
  });
});

async function artifactsOf(model: tfl.LayersModel): Promise<tf.io.ModelArtifacts> {
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
    }),
  );
  return artifacts;
}

describe('a model.json', () => {
  it('loads from an address, with all its weight files, and from the cache', async () => {
    const {model} = await loadModel('t.safetensors', {readFile: async () => file});
    const {modelTopology, weightSpecs, weightData} = await artifactsOf(model);
    model.dispose();
    const weightsManifest = [{paths: ['a.bin', 'b/c.bin'], weights: weightSpecs}];
    const userDefinedMetadata = {size: 40, labels: ['a', 'b', 'c', 'd', 'e']};
    const json = JSON.stringify({
      format: 'layers-model',
      modelTopology,
      weightsManifest,
      userDefinedMetadata,
    });
    const bytes = new Uint8Array(weightData as ArrayBuffer);
    server.files['m/model.json'] = {bytes: new TextEncoder().encode(json), etag: '"1"'};
    server.files['m/a.bin'] = {bytes: bytes.subarray(0, 1001), etag: '"2"'};
    server.files['m/b/c.bin'] = {bytes: bytes.subarray(1001), etag: '"3"'};
    for (const status of [200, 304]) {
      server.asked.length = 0;
      const fractions: number[] = [];
      const loaded = await loadModel(`${server.origin}/m/model.json`, {
        cache,
        onProgress: (fraction) => fractions.push(fraction),
      });
      expectOriginal({...loaded, info: {...loaded.info, network: TINY}});
      expect(server.asked.map((asked) => asked.status)).toEqual([status, status, status]);
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
      expect(fractions.at(-1)).toBe(1);
    }
  });

  it('ends with the reason of the signal', async () => {
    const json = JSON.stringify({modelTopology: {}, weightsManifest: [{paths: ['a.bin'], weights: []}]});
    server.files['model.json'] = {bytes: new TextEncoder().encode(json)};
    server.files['a.bin'] = {bytes: new Uint8Array(9), stallsAfter: 1};
    const stop = new AbortController();
    const act = loadModel(`${server.origin}/model.json`, {cache, signal: stop.signal});
    setTimeout(() => stop.abort(new Error('enough')), 100);
    await expect(act).rejects.toThrow(/^enough$/);
  });
});

describe('an IOHandler', () => {
  it('gives its LayersModel', async () => {
    const {model} = await loadModel('t.safetensors', {readFile: async () => file});
    const artifacts = await artifactsOf(model);
    model.dispose();
    const loaded = await loadModel(tf.io.fromMemory({...artifacts, userDefinedMetadata: {labels: ['v']}}));
    expectOriginal({
      ...loaded,
      info: {...loaded.info, network: TINY, size: 40, labels: ['a', 'b', 'c', 'd', 'e']},
    });
    expect(loaded.info).toMatchObject({name: 'IOHandler', network: null, frames: 4, labels: ['v']});
  });

  it('may give weights alone, of which the metadata say for what network they are', async () => {
    const {model} = await loadModel('t.safetensors', {readFile: async () => file});
    const names = (await fromLayersModel(model)).names();
    const {data, specs} = await tf.io.encodeWeights(
      model.weights.map((weight, i) => ({name: names[i]!, tensor: weight.read()})),
    );
    model.dispose();
    const before = tf.memory().numTensors;
    // The last of the buffers is the largest, which the host alone reads wrongly.
    const weightData = [data.slice(0, 400), data.slice(400)];
    const userDefinedMetadata = {network: TINY, size: 40, labels: ['a', 'b', 'c', 'd', 'e']};
    expectOriginal(
      await loadModel({load: async () => ({weightSpecs: specs, weightData, userDefinedMetadata})}),
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each<[string, tf.io.ModelArtifacts, RegExp]>([
    ['a graph model', {format: 'graph-model', modelTopology: {}}, /a graph model/],
    ['nothing', {}, /neither a topology nor weights/],
    [
      'weights that are cut off',
      {weightSpecs: [{name: 'w', shape: [9], dtype: 'float32'}], weightData: new ArrayBuffer(7)},
      /do not decode/,
    ],
    [
      'weights of no network',
      {weightSpecs: [], weightData: new ArrayBuffer(0)},
      /does not say which network/,
    ],
  ])('that gives %s is refused', async (_what, artifacts, message) => {
    const act = loadModel({load: async () => artifacts});
    await expect(act).rejects.toThrow(FormatError);
    await expect(act).rejects.toThrow(message);
  });

  it.each([{}, undefined, 7])('that is none (%o) is refused', async (handler) => {
    await expect(loadModel(handler as tf.io.IOHandler)).rejects.toThrow(InvalidArgumentError);
  });
});

describe('in Node without readFile', () => {
  it('paths, file addresses and names are read', async () => {
    mkdirSync(cache);
    const path = join(cache, 'tiny.safetensors');
    writeFileSync(path, file);
    for (const source of [path, pathToFileURL(path), pathToFileURL(path).href]) {
      expectOriginal(await loadModel(source, {sha256: sha256(file)}));
    }
    await expect(loadModel(join(cache, 'none.safetensors'))).rejects.toThrow(UnavailableError);
    const other = sha256(new Uint8Array());
    await expect(loadModel(path, {sha256: other})).rejects.toThrow(
      new RegExp(`sha256 ${sha256(file)}, needed is ${other}`),
    );
    expect((await loadLabels('kinetics400'))[0]).toBe('abseiling');
  });

  it('the package is fetched, kept and compared where packageRoot is an address', async () => {
    const fetchFunc = vi.fn<typeof fetch>(async () => new Response('["a"]'));
    const options = {
      packageRoot: 'https://example.org/sts/',
      cache: new Map<string, Uint8Array>(),
      fetchFunc,
    };
    const {path, sha256: needed} = LABELS.imagenet1k;
    await expect(loadModel('efficientnet_lite0', options)).rejects.toThrow(
      new RegExp(`${path}.*sha256 is ${sha256(new TextEncoder().encode('["a"]'))}, needed is ${needed}`),
    );
    expect(fetchFunc.mock.calls.map(([input]) => input)).toEqual([
      `https://example.org/sts/${path}`,
      `https://example.org/sts/${path}`,
    ]);
    expect([...options.cache.keys()]).toEqual([]);
  });
});
