/** loadModel: by name with the shipped files, by path with files in memory, and everything that it must refuse. */
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {readFile as readFromDisk} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {registerLayers} from '../../../src/layers';
import {Checkpoint, fromLayersModel, safetensors} from '../../../src/models/checkpoints';
import {type LoadedModel, type LoadModelOptions, listModels, loadModel} from '../../../src/models/zoo';
import {createNetwork} from '../../../src/networks';
import {FormatError, InvalidArgumentError, UnavailableError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';

const TINY = 'efficientnet_lite_tiny_sts';

beforeAll(async () => {
  await startBackend('wasm');
  registerLayers();
});

let loaded: LoadedModel | undefined;
afterEach(() => {
  loaded?.model.dispose();
  loaded = undefined;
});

/** Files by path; what is not among them does not exist. */
function inMemory(files: Record<string, Uint8Array | string>): LoadModelOptions {
  return {
    readFile: async (path) => {
      const file = files[String(path)];
      if (file === undefined) throw new Error('no such file');
      return typeof file === 'string' ? new TextEncoder().encode(file) : file;
    },
  };
}

const fromDisk: LoadModelOptions = {readFile: readFromDisk};

async function weightsFile(model: tfl.LayersModel, metadata: Record<string, string>): Promise<Uint8Array> {
  return safetensors.write(await fromLayersModel(model), metadata);
}

function answerOf(model: tfl.LayersModel): Float32Array {
  return tf.tidy(() => {
    const shape = model.inputs[0]!.shape.map((length) => length ?? 1);
    return (model.predict(tf.randomUniform(shape, -1, 1, 'float32', 9)) as tf.Tensor)
      .dataSync<'float32'>()
      .slice();
  });
}

const SHIPPED = listModels().filter(({weights}) => weights.from === 'package');

describe('by name', () => {
  it.each(SHIPPED.map((row) => [row.name, row] as const))(
    '%s: network, input and labels',
    async (name, {network, input, labels}) => {
      const fractions: number[] = [];
      loaded = await loadModel(name, {...fromDisk, onProgress: (fraction) => fractions.push(fraction)});
      const {model, info} = loaded;
      expect(info).toMatchObject({name, network, output: 'logits', ...input});
      const [height, width] = [input.crop ?? input.size].flat();
      expect(model.inputs[0]!.shape).toEqual([null, input.frames, height, width ?? height, 3]);
      if (labels !== null) {
        expect(info.labels.length).toBe(1000);
        expect(info.labels[281]).toBe('tabby');
        expect(model.outputs[0]!.shape).toEqual([null, 1000]);
      } else if (network === null) {
        expect(model.outputs[0]!.shape).toEqual([null, info.labels.length]);
        const firstOf = name.startsWith('camera') ? 'static' : 'mouse2 right slowly';
        expect(info.labels[0]).toBe(firstOf);
      } else expect(info.labels).toEqual([]);
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
      expect(fractions.at(-1)).toBe(1);
    },
  );

  it('takes another clip length', async () => {
    loaded = await loadModel('efficientnet_lite0_sts', {...fromDisk, frames: 3});
    expect(loaded.info.frames).toBe(3);
    expect(loaded.model.inputs[0]!.shape).toEqual([null, 3, 224, 224, 3]);
  });

  it('lists the known names for an unknown one', async () => {
    const act = loadModel('efficientnet_lite1', inMemory({}));
    await expect(act).rejects.toThrow(InvalidArgumentError);
    await expect(act).rejects.toThrow(
      /"efficientnet_lite1"; did you mean efficientnet_lite0.*\? Known are efficientnet_lite0, efficientnet_lite0_sts/,
    );
  });

  it('tells what a network without weights needs, and which name was meant', async () => {
    const act = loadModel('x3d_s_sts', inMemory({}));
    await expect(act).rejects.toThrow(UnavailableError);
    await expect(act).rejects.toThrow(
      /x3d_s_sts is a network without weights.* x3d_s_sts\.k400, .*tfjs-sts convert FILE --network x3d_s_sts -o DIR/,
    );
    await expect(loadModel('x3d_s_st', inMemory({}))).rejects.toThrow(/did you mean x3d_s_sts/);
    await expect(loadModel('x3d_s_sts.k40', inMemory({}))).rejects.toThrow(/did you mean x3d_s_sts\.k400/);
  });

  it('looks under packageRoot where it is given', async () => {
    const asked: string[] = [];
    const readFile = async (path: URL | string): Promise<Uint8Array> => {
      asked.push(String(path));
      throw new Error('404');
    };
    for (const packageRoot of ['https://example.org/sts', new URL('https://example.org/sts/')]) {
      await expect(loadModel('efficientnet_lite0', {readFile, packageRoot})).rejects.toThrow(
        UnavailableError,
      );
    }
    expect(new Set(asked)).toEqual(new Set(['https://example.org/sts/models/imagenet1k_labels.json']));
  });

  it('takes the addresses of single files, and says which one is missing', async () => {
    const asked: string[] = [];
    const readFile = async (path: URL | string): Promise<Uint8Array> => {
      asked.push(String(path));
      return readFromDisk(String(path).replace(/^bundled\/(.*)-\w+\.(\w+)$/, 'models/$1.$2'));
    };
    const labels = {'models/imagenet1k_labels.json': 'bundled/imagenet1k_labels-a1.json'};
    const packageFiles = {
      ...labels,
      'models/efficientnet_lite0.safetensors': 'bundled/efficientnet_lite0-b2.safetensors',
    };
    loaded = await loadModel('efficientnet_lite0', {readFile, packageFiles});
    expect(asked).toEqual(Object.values(packageFiles));
    const act = loadModel('efficientnet_lite0', {readFile, packageFiles: labels});
    await expect(act).rejects.toThrow(
      /packageFiles has no models\/efficientnet_lite0\.safetensors.* from 'tfjs-sts\/models\/efficientnet_lite0\.safetensors\?url'/,
    );
  });

  it.each([
    [
      'one bit changed',
      (bytes: Uint8Array) => bytes.map((byte, i) => (i === bytes.length - 7 ? byte ^ 1 : byte)),
    ],
    ['cut off', (bytes: Uint8Array) => bytes.subarray(0, 5_000_000)],
    ['empty', () => new Uint8Array()],
  ])('refuses its weights %s', async (_what, damage) => {
    const readFile = async (path: URL | string): Promise<Uint8Array> => {
      const bytes = new Uint8Array(await readFromDisk(path));
      return String(path).endsWith('.safetensors') ? damage(bytes) : bytes;
    };
    const act = loadModel('efficientnet_lite0', {readFile});
    await expect(act).rejects.toThrow(FormatError);
    await expect(act).rejects.toThrow(
      /models\/efficientnet_lite0\.safetensors is damaged.*Install the package again/,
    );
  });
});

describe('a path is never taken for a name', () => {
  it.each([
    './efficientnet_lite0',
    'models/efficientnet_lite0',
    'efficientnet_lite0.pth',
    'C:\\efficientnet_lite0',
  ])('%s is refused', async (path) => {
    await expect(loadModel(path, fromDisk)).rejects.toThrow(/looks like a path/);
  });

  it.each(['efficientnet_lite0.safetensors', 'efficientnet_lite0/model.json'])('%s is read', async (path) => {
    const act = loadModel(path, inMemory({}));
    await expect(act).rejects.toThrow(UnavailableError);
    await expect(act).rejects.toThrow(`cannot read ${path}: no such file`);
  });

  it('nor an address', async () => {
    await expect(loadModel(new URL('https://example.org/efficientnet_lite0'), fromDisk)).rejects.toThrow(
      /looks like a path/,
    );
  });
});

describe('a .safetensors file', () => {
  it('gives the network that its metadata names, with its weights', async () => {
    const original = createNetwork(TINY);
    const file = await weightsFile(original, {network: TINY});
    loaded = await loadModel('tiny.safetensors', inMemory({'tiny.safetensors': file}));
    expect(loaded.info).toEqual({
      name: 'tiny.safetensors',
      network: TINY,
      labels: [],
      output: 'logits',
      frames: 4,
      size: 32,
      crop: 32,
      mean: 127,
      std: 128,
    });
    expect(answerOf(loaded.model)).toEqual(answerOf(original));
    original.dispose();
  });

  it('may describe its input and classes', async () => {
    const original = createNetwork(TINY, {classes: 2});
    const described = {
      frames: '6',
      interval: '2',
      size: '40',
      crop: '36',
      mean: '0',
      std: '255',
      labels: '["walk", "run"]',
    };
    const file = await weightsFile(original, {network: TINY, ...described});
    loaded = await loadModel(
      new URL('file:///x/tiny.safetensors'),
      inMemory({'file:///x/tiny.safetensors': file}),
    );
    expect(loaded.info).toMatchObject({
      frames: 6,
      interval: 2,
      size: 40,
      crop: 36,
      mean: 0,
      std: 255,
      labels: ['walk', 'run'],
    });
    expect(loaded.model.inputs[0]!.shape).toEqual([null, 6, 36, 36, 3]);
    original.dispose();
  });

  it('may normalise each channel in its own way', async () => {
    const original = createNetwork(TINY);
    const file = await weightsFile(original, {network: TINY, mean: '[1.5, 2, 3]', std: '[4, 5, 6]'});
    original.dispose();
    loaded = await loadModel('tiny.safetensors', inMemory({'tiny.safetensors': file}));
    expect(loaded.info).toMatchObject({mean: [1.5, 2, 3], std: [4, 5, 6]});
  });

  it('of a network with one model that can be loaded has the input and labels of that', async () => {
    const {input, weights} = SHIPPED.find(({name}) => name === 'efficientnet_lite0.in1k')!;
    const path = weights.from === 'package' ? weights.path : '';
    loaded = await loadModel(path, {...fromDisk, frames: 1});
    expect(loaded.info).toMatchObject({...input, frames: 1, network: 'efficientnet_lite0'});
    expect(loaded.info.labels.length).toBe(1000);
  });

  it.each([
    ['x3d_s_sts.k400', 400, {frames: 13, interval: 6, size: 192, crop: 192}],
    ['x3d_s_sts.ssv2', 174, {frames: 8, interval: 'uniform', size: 256, crop: 256}],
  ])('that says it is the model %s has the input and labels of its row', async (name, classes, input) => {
    const network = createNetwork('x3d_s_sts', {classes, weightless: true});
    const weights = await fromLayersModel(network);
    network.dispose();
    const said = (metadata: object) => new Checkpoint(weights, {metadata: new Map(Object.entries(metadata))});
    loaded = await loadModel(said({network: 'x3d_s_sts', model: name, mean: '1'}), fromDisk);
    expect(loaded.info).toMatchObject({...input, mean: 1, std: [58.395, 57.12, 57.375]});
    expect(loaded.info.labels.length).toBe(classes);
    await expect(loadModel(said({network: 'x3d_s', model: name}))).rejects.toThrow(
      `Checkpoint says that it is the model ${name} of x3d_s_sts, and that its network is x3d_s`,
    );
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['names no network', {}, /does not say which network/],
    ['names an unknown network', {network: 'slow_and_furious'}, /no network is called "slow_and_furious"/],
    [
      'has weights of another network',
      {network: 'efficientnet_lite0', classes: '5'},
      /x\.safetensors does not fit the network efficientnet_lite0.*missing/,
    ],
    ['has another number of classes', {network: TINY, classes: '9'}, /does not fit.*classifier\/kernel/],
    [
      'has no distance between frames',
      {network: TINY, interval: '0'},
      /interval "0".*at least 1, or 'uniform'/,
    ],
    ['describes nonsense', {network: TINY, frames: 'many'}, /frames "many".*whole number/],
    ['has two means', {network: TINY, mean: '[1, 2]'}, /mean "\[1, 2\]".*a number, or a list of three/],
    [
      'has a deviation of 0',
      {network: TINY, std: '[1, 0, 1]'},
      /std "\[1, 0, 1\]".*positive number, or a list/,
    ],
    ['has a mean that is text', {network: TINY, mean: 'grey'}, /mean "grey".*a number, or a list of three/],
    ['has labels that are none', {network: TINY, labels: '{"0": "walk"}'}, /JSON list of names/],
  ])('that %s is refused', async (_what, metadata, message) => {
    const original = createNetwork(TINY, {weightless: true});
    const file = await weightsFile(original, metadata);
    original.dispose();
    const before = tf.memory().numTensors;
    await expect(loadModel('x.safetensors', inMemory({'x.safetensors': file}))).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('that is none is refused', async () => {
    await expect(loadModel('x.safetensors', inMemory({'x.safetensors': 'not weights'}))).rejects.toThrow(
      FormatError,
    );
  });

  it('is named by what is wrong with it', async () => {
    const original = createNetwork(TINY, {weightless: true});
    const bytes = await weightsFile(original, {network: TINY});
    const files = {
      'a/cut.safetensors': bytes.subarray(0, 5000),
      'a/long.safetensors': await weightsFile(original, {network: TINY, quantization: 'int4'}),
      'a/unknown.safetensors': await weightsFile(original, {network: 'slow_and_furious'}),
    };
    original.dispose();
    for (const path of Object.keys(files))
      await expect(loadModel(path, inMemory(files))).rejects.toThrow(`loadModel: ${path}`);
  });
});

describe('a model.json', () => {
  const userDefinedMetadata = {size: 36, labels: ['a', 'b', 'c', 'd', 'e']};

  async function saved(model: tfl.LayersModel): Promise<{json: Record<string, unknown>; bytes: Uint8Array}> {
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (given) => {
        artifacts = given;
        return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
      }),
    );
    const {modelTopology, weightSpecs, weightData} = artifacts!;
    const weightsManifest = [{paths: ['weights/group1.bin', 'group2.bin'], weights: weightSpecs}];
    const json = {format: 'layers-model', modelTopology, weightsManifest, userDefinedMetadata};
    return {json, bytes: new Uint8Array(weightData as ArrayBuffer)};
  }

  it('gives the model with its weights, from files in its folder', async () => {
    const original = createNetwork(TINY, {activation: 'softmax'});
    const {json, bytes} = await saved(original);
    loaded = await loadModel(
      'some/model.json',
      inMemory({
        'some/model.json': JSON.stringify(json),
        'some/weights/group1.bin': bytes.subarray(0, 1000),
        'some/group2.bin': bytes.subarray(1000),
      }),
    );
    expect(loaded.info).toEqual({
      name: 'some/model.json',
      network: null,
      output: 'probabilities',
      frames: 4,
      size: 36,
      crop: 32,
      mean: 127,
      std: 128,
      labels: ['a', 'b', 'c', 'd', 'e'],
    });
    expect(answerOf(loaded.model)).toEqual(answerOf(original));
    original.dispose();
  });

  it('says of a softmax layer at the end that it gives probabilities', async () => {
    const trunk = createNetwork(TINY, {weightless: true});
    const original = tfl.model({
      inputs: trunk.inputs,
      outputs: tfl.layers.softmax().apply(trunk.outputs) as tfl.SymbolicTensor,
    });
    const {json, bytes} = await saved(original);
    const files = {
      'model.json': JSON.stringify(json),
      'weights/group1.bin': bytes,
      'group2.bin': new Uint8Array(),
    };
    loaded = await loadModel('model.json', inMemory(files));
    expect(loaded.info.output).toBe('probabilities');
    original.dispose();
  });

  it.each([
    'my model.weights.bin',
    './a b/w.bin',
    'w%20.bin',
    '50%.bin',
    'w#1?.bin',
    '重み.bin',
    "it's (1)&+$&.bin",
  ])('finds the weight file %j on disk and by address', async (name) => {
    const original = createNetwork(TINY);
    const {json, bytes} = await saved(original);
    const [group] = json.weightsManifest as [{weights: unknown}];
    const text = JSON.stringify({...json, weightsManifest: [{...group, paths: [name]}]});
    const folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-names-'));
    mkdirSync(dirname(join(folder, name)), {recursive: true});
    writeFileSync(join(folder, 'model.json'), text);
    writeFileSync(join(folder, name), bytes);
    // What a server of that folder does: one unescaping of the path of the address.
    const fetchFunc = async (url: string | URL | Request) => {
      const {pathname, search} = new URL(String(url));
      expect(search).toBe('');
      return new Response(readFileSync(join(folder, decodeURIComponent(pathname))));
    };
    const path = join(folder, 'model.json');
    for (const source of [path, pathToFileURL(path), 'https://example.org/model.json']) {
      const {model} = await loadModel(source, {fetchFunc: fetchFunc as typeof fetch, cache: false});
      expect(answerOf(model)).toEqual(answerOf(original));
      model.dispose();
    }
    original.dispose();
    rmSync(folder, {recursive: true});
  });

  it('has one clip length', async () => {
    const original = createNetwork(TINY, {weightless: true});
    const {json, bytes} = await saved(original);
    original.dispose();
    const files = {
      'model.json': JSON.stringify(json),
      'weights/group1.bin': bytes,
      'group2.bin': new Uint8Array(),
    };
    await expect(loadModel('model.json', {...inMemory(files), frames: 9})).rejects.toThrow(
      /4 frames and no others; got 9/,
    );
  });

  it.each([
    '../secret.bin',
    '/etc/secret',
    'file:///etc/secret',
    'a/../../secret',
    'https://example.org/w.bin',
    'a\\..\\..\\secret',
    './/secret',
    'new\nline',
  ])('that names the weight file %s is refused without reading it', async (path) => {
    const original = createNetwork(TINY, {weightless: true});
    const {json} = await saved(original);
    original.dispose();
    const [group] = json.weightsManifest as [{weights: unknown}];
    const model = JSON.stringify({...json, weightsManifest: [{...group, paths: [path]}]});
    const act = loadModel('model.json', inMemory({'model.json': model}));
    await expect(act).rejects.toThrow(FormatError);
    await expect(act).rejects.toThrow(/not in its folder/);
  });

  it('whose weights are cut off is refused', async () => {
    const original = createNetwork(TINY, {weightless: true});
    const {json, bytes} = await saved(original);
    original.dispose();
    const files = {
      'model.json': JSON.stringify(json),
      'weights/group1.bin': bytes.subarray(0, 999),
      'group2.bin': new Uint8Array(),
    };
    await expect(loadModel('model.json', inMemory(files))).rejects.toThrow(FormatError);
  });

  it('of an image network is refused', async () => {
    const original = tfl.sequential({
      layers: [tfl.layers.flatten({inputShape: [8, 8, 3]}), tfl.layers.dense({units: 2})],
    });
    const {json, bytes} = await saved(original);
    const files = {
      'model.json': JSON.stringify(json),
      'weights/group1.bin': bytes,
      'group2.bin': new Uint8Array(),
    };
    await expect(loadModel('model.json', inMemory(files))).rejects.toThrow(
      /\[, 8, 8, 3\].*one input \[batch, frames, height, width, 3\]/,
    );
    original.dispose();
  });

  it.each([
    ['no JSON', 'hello', /is not JSON/],
    ['another JSON', '[1, 2]', /is no model\.json/],
    ['null', 'null', /is no model\.json/],
    ['a manifest of nonsense', '{"modelTopology": {}, "weightsManifest": [null]}', /is no model\.json/],
    [
      'a graph model',
      '{"format": "graph-model", "modelTopology": {}, "weightsManifest": []}',
      /is a graph model/,
    ],
    [
      'a topology of nonsense',
      '{"modelTopology": {"a": 1}, "weightsManifest": []}',
      /does not load as a LayersModel/,
    ],
  ])('that is %s is refused', async (_what, text, message) => {
    const act = loadModel('model.json', inMemory({'model.json': text}));
    await expect(act).rejects.toThrow(FormatError);
    await expect(act).rejects.toThrow(message);
  });
});
