/**
 * Options with a misspelt name are refused by every public function that takes some, and say which one was meant: an
 * option that is ignored in silence is a wrong answer. A function that is new here has to say whether it takes any.
 */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import {beforeAll, describe, expect, it} from 'vitest';
import * as wasm from '../../src/entries/backends/wasm';
import * as checkpoints from '../../src/entries/checkpoints';
import * as convert from '../../src/entries/convert';
import * as sts from '../../src/entries/index';
import * as networks from '../../src/entries/networks';
import * as onnx from '../../src/entries/onnx';
import * as timeline from '../../src/entries/timeline';
import * as trainEntry from '../../src/entries/train';
import * as video from '../../src/entries/video';
import * as zoo from '../../src/entries/zoo';
import {MetricsCounter} from '../../src/train/evaluation/metrics';

type Options = Record<string, never>;

/** Functions by the name under which users have them, with an option of theirs. */
const takesOptions: Record<string, readonly [option: string, call: (options: Options) => unknown]> = {
  'fused.conv3d': [
    'groups',
    (options) => sts.fused.conv3d({x: x(), filter: filter(4), pad: 'same', ...options}),
  ],
  'fused.stsConv3d': ['split', (options) => sts.fused.stsConv3d({x: x(), filter: filter(4), ...options})],
  'fused.depthwiseConv3d': [
    'residual',
    (options) => sts.fused.depthwiseConv3d({x: x(), filter: filter(1), pad: 'same', ...options}),
  ],
  'fused.stsDepthwiseConv3d': [
    'activation',
    (options) => sts.fused.stsDepthwiseConv3d({x: x(), filter: filter(1), ...options}),
  ],
  'geometry.conv3dInfo': ['strides', (options) => sts.geometry.conv3dInfo(X, F, options)],
  'geometry.depthwiseConv3dInfo': ['dilations', (options) => sts.geometry.depthwiseConv3dInfo(X, F, options)],
  'geometry.stsConv3dInfo': ['split', (options) => sts.geometry.stsConv3dInfo(X, F, options)],
  'geometry.stsDepthwiseConv3dInfo': [
    'strides',
    (options) => sts.geometry.stsDepthwiseConv3dInfo(X, F, options),
  ],
  'networks.createNetwork': ['frames', (options) => networks.createNetwork(TINY, options)],
  'networks.listNetworks': ['family', (options) => networks.listNetworks(options)],
  'networks.defineVariants': [
    'sizes',
    (options) => networks.defineVariants('mine', {build: () => tiny, ...options} as never, {}),
  ],
  'networks.csn': ['frames', (options) => networks.csn(options)],
  'networks.efficientNetLite0': ['temporalKernel', (options) => networks.efficientNetLite0(options)],
  'networks.mobileNetV2': ['dropout', (options) => networks.mobileNetV2(options)],
  'networks.r2plus1d': ['classes', (options) => networks.r2plus1d(options)],
  'networks.slowOnly': ['height', (options) => networks.slowOnly(options)],
  'networks.slowFast': ['speedRatio', (options) => networks.slowFast(options)],
  'networks.transNetV2': ['frames', (options) => networks.transNetV2(options)],
  'networks.x3d': ['width', (options) => networks.x3d(options)],
  'sts.inflate': ['plan', (options) => sts.inflate([], tiny, {rule: 'sts', ...options})],
  'sts.planInflation': ['rules', (options) => sts.planInflation([], [], 'sts', options)],
  'sts.inflateKernel': [
    'layout',
    (options) => sts.inflateKernel({shape: [1, 1, 1, 1], values: new Float32Array(1)}, 3, options as never),
  ],
  'sts.warmUp': ['shapes', (options) => sts.warmUp(tiny, options)],
  'sts.ready': ['prefer', (options) => sts.ready(options)],
  'sts.predictInSlabs': ['slab', (options) => sts.predictInSlabs(tiny, x(), options)],
  'sts.loadFrozenModel': ['sha256', (options) => sts.loadFrozenModel(new Uint8Array(), options)],
  'zoo.loadModel': ['onProgress', (options) => zoo.loadModel('efficientnet_lite0', options)],
  'zoo.loadLabels': ['readFile', (options) => zoo.loadLabels('imagenet1k', options)],
  'zoo.saveModel': ['dtype', (options) => zoo.saveModel(tiny, 'a.safetensors', {mean: 0, std: 1}, options)],
  'zoo.modelFile': ['dtype', (options) => zoo.modelFile(tiny, {mean: 0, std: 1}, options)],
  'zoo.shardSafetensors': ['maxBytes', (options) => zoo.shardSafetensors([], options as never).next()],
  'checkpoints.read': ['formats', (options) => checkpoints.read(new Uint8Array(9), options)],
  'checkpoints.assign': ['strict', (options) => checkpoints.assign(tiny, none(), options)],
  'checkpoints.compare': ['names', (options) => checkpoints.compare(tiny, none(), options)],
  'checkpoints.fromLayersModel': ['dtype', (options) => checkpoints.fromLayersModel(tiny, options)],
  'checkpoints.toTorch': [
    'original',
    (options) => checkpoints.toTorch(tiny, checkpoints.names.timm.efficientNetLite(), options),
  ],
  'onnx.toOnnx': ['layout', (options) => onnx.toOnnx(tiny, options)],
  'checkpoints.Checkpoint': ['metadata', (options) => new checkpoints.Checkpoint([], options)],
  'convert.convertCheckpoint': ['names', (options) => convert.convertCheckpoint(none(), TINY, options)],
  'convert.inflateCheckpoint': ['rule', (options) => convert.inflateCheckpoint(none(), TINY, options)],
  'convert.storeCheckpoint': [
    'dtype',
    (options) => convert.storeCheckpoint(none(), 'a.safetensors', options),
  ],
  'convert.torchCheckpoint': ['names', (options) => convert.torchCheckpoint({model: tiny} as never, options)],
  'train.train': [
    'resume',
    (options) =>
      trainEntry.train(tiny, noData, {recipe: trainEntry.recipes.finetuneKinetics('x3d'), ...options}),
  ],
  'train.augment': [
    'flip',
    (options) =>
      trainEntry.augment(picture, {width: 1, height: 1}, options, trainEntry.randomAt(0, 'augment')),
  ],
  'train.generated': [
    'repeats',
    (options) => trainEntry.generated({classes: ['a'], labels: [0], make: () => picture, ...options}),
  ],
  'train.teach': ['views', (options) => trainEntry.teach(tiny, {classes: {}, ...options})],
  'train.evaluate': ['batchSize', (options) => trainEntry.evaluate(tiny, noData, options)],
  'train.evaluationReport': [
    'title',
    (options) => trainEntry.evaluationReport(new MetricsCounter(['a']).result(), options),
  ],
  'recipes.imagePretraining': ['epochs', (options) => trainEntry.recipes.imagePretraining('x3d', options)],
  'recipes.finetuneKinetics': ['clip', (options) => trainEntry.recipes.finetuneKinetics('x3d', options)],
  'recipes.finetuneSomething': ['frozen', (options) => trainEntry.recipes.finetuneSomething('x3d', options)],
  'wasm.setThreads': ['wasmPaths', (options) => wasm.setThreads(1, options)],
};

/** The others: nothing that they take is called an option. */
const takesNone = [
  ...['conv3d', 'depthwiseConv3d', 'stsConv3d', 'stsDepthwiseConv3d'],
  ...['FrozenModel', 'saveFrozenModel', 'frozenModelFile'],
  ...['freeze', 'replaceConv3d', 'temporalConvolutions', 'weightsOf'],
  ...['slabStream', 'kernelCoverage', 'restoreStockKernels', 'restoreStockLayers'],
  ...['FormatError', 'InvalidArgumentError', 'OutOfMemoryError', 'StsError', 'UnavailableError'],
]
  .map((name) => `sts.${name}`)
  .concat(
    ['geometry.tapCount', 'geometry.tapTable', 'geometry.convMacs'],
    ['inflationPlans.imageModePlan', 'inflationPlans.resNetPlan', 'inflationPlans.middleSlices'],
    ['networks.networkDefinition', 'networks.registerNetwork', 'networks.summarize'],
    ['zoo.registerModelScheme', 'zoo.listModels', 'zoo.modelMetadata'],
    ['checkpoints.entryOf', 'checkpoints.CheckpointEntry', 'checkpoints.storedAs', 'checkpoints.expanded'],
    ['train.TrainingDivergedError', 'train.randomAt'],
    ['checkpoints.GlobalRef', 'checkpoints.PickledObject'],
  );

/** test/video/clips, test/video/recognize, test/video/shots and test/video/timeline have these. */
const elsewhere = /^(video|timeline)\./;

const TINY = 'efficientnet_lite_tiny';
const X = [1, 3, 4, 4, 4];
const F = [3, 1, 1, 4, 4];
const x = () => tf.zeros<tf.Rank.R5>([1, 3, 4, 4, 4]);
const filter = (last: number) => tf.zeros<tf.Rank.R5>([3, 1, 1, 4, last]);
const picture = {data: new Uint8Array(3), frames: 1, height: 1, width: 1};
const noData = {size: 1, classes: ['a'], batches: () => [] as never};
const none = () => new checkpoints.Checkpoint([]);
let tiny: tfl.LayersModel;
beforeAll(async () => {
  await tf.setBackend('cpu');
  tiny = networks.createNetwork(TINY, {weightless: true});
});

const misspelt = (name: string) => name.slice(0, 1) + name.slice(2);

async function refuses(option: string, call: (options: Options) => unknown): Promise<void> {
  const name = misspelt(option);
  const error: unknown = await Promise.resolve()
    .then(() => call({[name]: undefined} as unknown as Options))
    .catch((reason) => reason);
  expect(error).toBeInstanceOf(sts.InvalidArgumentError);
  expect((error as Error).message).toMatch(
    new RegExp(`unknown option ${name}; did you mean .*\\b${option}\\b.*\\? It has `),
  );
}

it.each(Object.entries(takesOptions))('%s refuses a misspelt option', async (_, [option, call]) => {
  await refuses(option, call);
});

it('FrozenModel.predict refuses a misspelt option', async () => {
  const frozen = sts.freeze(tiny);
  await refuses('batchSize', (options) => frozen.predict(tf.zeros([1, 4, 32, 32, 3]), options));
  frozen.dispose();
});

describe('layers', () => {
  const kernelSize = [3, 1, 1];
  const required: Record<string, object> = {
    stsConv3d: {filters: 4, kernelSize},
    conv3d: {filters: 4, kernelSize},
    depthwiseConv3d: {kernelSize},
    separableConv3d: {filters: 4, kernelSize},
    conv3dTranspose: {filters: 4, kernelSize},
    spatialDropout3d: {rate: 0.5},
    dropPath: {rate: 0.5},
    stsDepthwiseConv3d: {kernelSize: 3},
  };
  const factories = Object.entries(sts.layers).map(
    ([name, make]) => [name, make as (args: object) => tfl.layers.Layer, required[name] ?? {}] as const,
  );

  it.each(factories)('%s refuses a misspelt argument', async (_, create, args) => {
    await refuses('trainable', (options) => create({...args, ...options}));
  });

  it.each(factories)('%s takes the arguments of every layer, and its own config', (_, create, args) => {
    const host = {name: 'a', trainable: false, batchSize: 2, inputShape: [3, 4, 4, 4], dtype: 'float32'};
    const config = create({...args, ...host}).getConfig();
    expect(create(config).getConfig()).toEqual(config);
  });
});

it("a plan's rule for a weight that the model does not have is refused", () => {
  const plan = {rules: {'classifier/kernl': 'mean'}} as const;
  expect(() => sts.inflate([], tiny, {rule: 'sts', plan})).toThrow(
    'the plan has a rule for "classifier/kernl", which the model does not have; did you mean classifier/kernel',
  );
});

it('every public function is in one of the lists', () => {
  // The entry tfjs-sts/ops is a part of tfjs-sts.
  const spaces = {
    sts,
    fused: sts.fused,
    geometry: sts.geometry,
    inflationPlans: sts.inflationPlans,
    networks,
    zoo,
    checkpoints,
    convert,
    onnx,
    video,
    timeline,
    train: trainEntry,
    recipes: trainEntry.recipes,
    wasm,
  };
  const functions = Object.entries(spaces).flatMap(([space, members]) =>
    Object.entries(members)
      .filter(([, member]) => typeof member === 'function')
      .map(([name]) => `${space}.${name}`),
  );
  const listed = [...Object.keys(takesOptions), ...takesNone];
  expect(functions.filter((name) => !listed.includes(name) && !elsewhere.test(name))).toEqual([]);
  expect(listed.filter((name) => !functions.includes(name))).toEqual([]);
});
