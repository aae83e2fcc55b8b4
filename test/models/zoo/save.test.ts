/**
 * saveModel: what it writes, loadModel gives back, for networks by name, after training, and for any other model; and what
 * it refuses leaves the files as they were.
 */
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {registerLayers} from '../../../src/layers';
import {read} from '../../../src/models/checkpoints';
import {loadModel, modelFile, type SavedInfo, saveModel} from '../../../src/models/zoo';
import {createNetwork} from '../../../src/networks';
import {registerGradients} from '../../../src/ops/grads/register';
import {InvalidArgumentError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';

const TINY = 'efficientnet_lite_tiny_sts';
const INFO = {mean: 1.5, std: [2, 3, 4]} as const;
const RUNS = ['walk', 'run'];

const folder = mkdtempSync(join(tmpdir(), 'save-'));
const file = (name: string) => join(folder, name);
const models: tfl.LayersModel[] = [];
const kept = (model: tfl.LayersModel) => {
  models.push(model);
  return model;
};

beforeAll(async () => {
  await startBackend('wasm');
  registerGradients();
  registerLayers();
});
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});
afterAll(() => rmSync(folder, {recursive: true}));

/** A wrapped layer, a recurrent one, and no name that the registry knows. */
function plainModel(): tfl.LayersModel {
  const {layers} = tfl;
  return tfl.sequential({
    layers: [
      layers.conv3d({filters: 4, kernelSize: [2, 3, 3], inputShape: [4, 8, 8, 3], activation: 'relu'}),
      layers.timeDistributed({layer: layers.flatten()}),
      layers.lstm({units: 5, recurrentInitializer: 'glorotNormal'}),
      layers.dense({units: 2, activation: 'softmax'}),
    ],
  });
}

function answerOf(model: tfl.LayersModel): Float32Array {
  return tf.tidy(() => {
    const clip = tf.randomUniform(
      model.inputs[0]!.shape.map((length) => length ?? 1),
      -1,
      1,
      'float32',
      9,
    );
    return (model.predict(clip) as tf.Tensor).dataSync<'float32'>().slice();
  });
}

async function train(model: tfl.LayersModel): Promise<void> {
  const shape = model.inputs[0]!.shape.slice(1) as number[];
  const [clips, answers] = [tf.randomUniform([4, ...shape]), tf.oneHot([0, 1, 0, 1], 2)];
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
  await model.fit(clips, answers, {epochs: 1});
  tf.dispose([clips, answers]);
}

describe('saveModel and loadModel', () => {
  it.each<[string, () => tfl.LayersModel, string | null, boolean]>([
    ['a network of the registry', () => createNetwork(TINY, {classes: 2, frames: 2}), TINY, false],
    ['one with another ending', () => createNetwork(TINY, {classes: 2, activation: 'softmax'}), TINY, true],
    ['one with a wider stem', () => createNetwork(TINY, {classes: 2, stemChannels: 9}), TINY, true],
    ["a model of the host's layers", plainModel, null, true],
  ])('%s, trained a step, comes back bit by bit', async (name, make, network, hasLayers) => {
    const model = kept(make());
    await train(model);
    const path = file(`${name}.safetensors`);
    await saveModel(model, path, {
      ...INFO,
      labels: RUNS,
      interval: 3,
      size: 40,
      ...(network !== null && {network}),
    });
    const loaded = await loadModel(path);
    expect(answerOf(kept(loaded.model))).toEqual(answerOf(model));
    const [, frames, crop] = model.inputs[0]!.shape;
    const output = hasLayers && name !== 'one with a wider stem' ? 'probabilities' : 'logits';
    expect(loaded.info).toEqual({
      ...INFO,
      name: path,
      network,
      labels: RUNS,
      interval: 3,
      frames,
      crop,
      size: 40,
      output,
    });
    expect(read(readFileSync(path)).metadata.has('topology')).toBe(hasLayers);
  });

  it('a network that is called like one of the registry needs no name, and takes other lengths of clip', async () => {
    const model = kept(createNetwork(TINY, {classes: 2}));
    model.layers[3]!.trainable = false;
    const path = file('by_name.safetensors');
    await saveModel(model, pathToFileURL(path), INFO);
    const {model: longer, info} = await loadModel(path, {frames: 6});
    expect(kept(longer).inputs[0]!.shape).toEqual([null, 6, 32, 32, 3]);
    expect(info).toMatchObject({network: TINY, labels: []});
  });

  it('the info of a loaded model will do', async () => {
    const first = await loadModel('efficientnet_lite0_sts', {frames: 2});
    const path = file('again.safetensors');
    await saveModel(kept(first.model), path, first.info);
    const again = await loadModel(path);
    expect(again.info).toEqual({...first.info, name: path});
    expect(answerOf(kept(again.model))).toEqual(answerOf(first.model));
  });

  it("classes without names do not get those of the catalog's network", async () => {
    const model = kept(createNetwork('efficientnet_lite0', {frames: 1, weightless: true}));
    const path = file('nameless.safetensors');
    await saveModel(model, path, INFO);
    const {model: again, info} = await loadModel(path);
    kept(again);
    expect(info.labels).toEqual([]);
  });

  it.each([
    ['float16', 'F16'],
    ['uint8', 'U8'],
  ] as const)('stores kernels as %s', async (dtype, stored) => {
    const model = kept(createNetwork(TINY, {classes: 2}));
    const path = file(`${dtype}.safetensors`);
    await saveModel(model, path, INFO, {dtype});
    const checkpoint = read(readFileSync(path));
    expect(checkpoint.get('classifier/kernel').dtype).toBe(stored);
    expect(checkpoint.get('classifier/bias').dtype).toBe('F32');
    const {model: again} = await loadModel(path);
    const values = ({weights}: tfl.LayersModel) =>
      weights.map((weight) => weight.read().dataSync<'float32'>());
    const restored = values(kept(again));
    values(model).forEach((before, i) => {
      // Half the distance of neighbours in half precision; half a step of the largest range of a channel.
      const range = Math.max(...before.map(Math.abs));
      const allowed = (value: number) =>
        stored === 'F16' ? Math.max(Math.abs(value) * 2 ** -11, 2 ** -25) : (2 * range) / 255 / 2;
      before.forEach((value, k) => {
        expect(Math.abs(restored[i]![k]! - value)).toBeLessThanOrEqual(allowed(value));
      });
    });
  });

  it('through a handler of the host', async () => {
    const model = kept(plainModel());
    let artifacts: tf.io.ModelArtifacts | undefined;
    const handler = tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}};
    });
    await saveModel(model, handler, {...INFO, labels: RUNS});
    const {model: again, info} = await loadModel(tf.io.fromMemory(artifacts!));
    expect(info).toMatchObject({...INFO, labels: RUNS, output: 'probabilities', network: null});
    expect(answerOf(kept(again))).toEqual(answerOf(model));
  });

  it('of oblong frames, whether its layers are in the file or its network', async () => {
    const input = tfl.input({shape: [2, 4, 6, 3]});
    const model = kept(tfl.model({inputs: input, outputs: tfl.layers.flatten().apply(input) as never}));
    await saveModel(model, file('oblong.safetensors'), INFO);
    const {model: again, info} = await loadModel(file('oblong.safetensors'));
    expect(info).toMatchObject({frames: 2, size: [4, 6], crop: [4, 6]});
    expect(answerOf(kept(again))).toEqual(answerOf(model));

    const shots = kept(createNetwork('transnet_v2_tiny'));
    await saveModel(shots, file('shots.safetensors'), {mean: 0, std: 1, size: [9, 12], interval: 1});
    const loaded = await loadModel(file('shots.safetensors'));
    kept(loaded.model);
    expect(loaded.info).toMatchObject({network: 'transnet_v2_tiny', size: [9, 12], labels: []});
    expect(loaded.model.outputs.map(({shape}) => shape)).toEqual(shots.outputs.map(({shape}) => shape));
    await expect(saveModel(model, file('x.safetensors'), {...INFO, crop: 4})).rejects.toThrow(
      /info says 2 frames of 4 x 4 \(frames, crop\), the model takes 2 frames of 4 x 6/,
    );
  });

  it('modelFile gives the bytes of the file', async () => {
    const model = kept(createNetwork(TINY));
    await saveModel(model, file('bytes.safetensors'), INFO, {dtype: 'float16'});
    const bytes = await modelFile(model, INFO, {dtype: 'float16'});
    expect(Buffer.from(bytes).equals(readFileSync(file('bytes.safetensors')))).toBe(true);
  });
});

describe('saveModel refuses', () => {
  const image = () =>
    tfl.sequential({layers: [tfl.layers.dense({units: 2, inputShape: [8, 8, 3]}), tfl.layers.flatten()]});

  it.each<[string, RegExp, Partial<SavedInfo>?, string?, (() => tfl.LayersModel)?]>([
    ['a path of another kind', /"OUT\/model\.json" is no path that ends in \.safetensors/, {}, 'model.json'],
    ['an info without a mean', /info must say mean and std/, {mean: undefined} as object],
    ['a misspelt part of the info', /info: unknown option label; did you mean labels/, {label: []} as object],
    [
      'other frames',
      /info says 9 frames of 32 x 32 \(frames, crop\), the model takes 4 frames of 32 x 32/,
      {frames: 9},
    ],
    ['labels of other classes', /info has 2 labels, the model 5 classes/, {labels: RUNS}],
    ['an unknown network', /no network is called "x3d_s_st"; did you mean x3d_s_sts/, {network: 'x3d_s_st'}],
    [
      'a model on images',
      /the model takes \[, 8, 8, 3\]; one input \[batch, frames, height, width, 3\]/,
      {},
      'a.safetensors',
      image,
    ],
  ])('%s', async (_, message, info, path = 'a.safetensors', make = () => createNetwork(TINY)) => {
    const out = file('refused');
    const act = saveModel(kept(make()), join(out, path), {...INFO, ...info});
    await expect(act).rejects.toThrow(InvalidArgumentError);
    const text = await act.catch((error: Error) => error.message.replace(out, 'OUT'));
    expect(text).toMatch(message);
    expect(existsSync(out)).toBe(false);
  });

  it('an address, and a handler that does not save', async () => {
    const model = kept(createNetwork(TINY));
    await expect(saveModel(model, 'https://example.org/a.safetensors', INFO)).rejects.toThrow(
      /bytes of modelFile/,
    );
    await expect(saveModel(model, {load: async () => ({})}, INFO)).rejects.toThrow(/with a save function/);
  });

  it('what cannot be stored, and leaves the older file alone', async () => {
    const model = kept(createNetwork(TINY));
    const path = file('older.safetensors');
    writeFileSync(path, 'older');
    const kernel = model.getLayer('classifier').weights[0]!;
    kernel.write(tf.fill(kernel.shape as number[], Number.NaN));
    await expect(saveModel(model, path, INFO, {dtype: 'uint8'})).rejects.toThrow(/not finite/);
    expect(readFileSync(path, 'utf8')).toBe('older');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('a folder that is a file, with the path', async () => {
    const model = kept(createNetwork(TINY));
    await expect(saveModel(model, join(file('older.safetensors'), 'x.safetensors'), INFO)).rejects.toThrow(
      /cannot write '.*x\.safetensors'/,
    );
  });
});
