/**
 * Options with a misspelt name are refused by every public function that takes some, and say which one was meant: an
 * option that is ignored in silence is a wrong answer. A function that is new here has to say whether it takes any.
 */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../src/index';
import * as wasm from '../../src/wasm';

type Options = Record<string, never>;

/** Functions by the name under which users have them, with an option of theirs. */
const takesOptions: Record<string, readonly [option: string, call: (options: Options) => unknown]> = {
  'sts.conv3d': ['groups', (options) => sts.conv3d(x(), filter(4), 1, 'same', 'NDHWC', 1, options)],
  'sts.stsConv3d': ['split', (options) => sts.stsConv3d(x(), filter(4), 1, 'same', 'NDHWC', 1, options)],
  'sts.depthwiseConv3d': [
    'residual',
    (options) => sts.depthwiseConv3d(x(), filter(1), 1, 'same', 'NDHWC', 1, options),
  ],
  'sts.stsDepthwiseConv3d': [
    'activation',
    (options) => sts.stsDepthwiseConv3d(x(), filter(1), 1, 'same', 'NDHWC', 1, options),
  ],
  'sts.conv3dInfo': ['strides', (options) => sts.conv3dInfo(X, F, options)],
  'sts.depthwiseConv3dInfo': ['dilations', (options) => sts.depthwiseConv3dInfo(X, F, options)],
  'sts.stsConv3dInfo': ['split', (options) => sts.stsConv3dInfo(X, F, options)],
  'sts.stsDepthwiseConv3dInfo': ['strides', (options) => sts.stsDepthwiseConv3dInfo(X, F, options)],
  'sts.createNetwork': ['frames', (options) => sts.createNetwork(TINY, options)],
  'sts.listNetworks': ['family', (options) => sts.listNetworks(options)],
  'sts.networks.createNetwork': ['classes', (options) => sts.networks.createNetwork(TINY, options)],
  'sts.networks.listNetworks': ['family', (options) => sts.networks.listNetworks(options)],
  'sts.networks.defineVariants': [
    'sizes',
    (options) => sts.networks.defineVariants('mine', {build: () => tiny, ...options} as never, {}),
  ],
  'sts.networks.csn': ['frames', (options) => sts.networks.csn(options)],
  'sts.networks.efficientNetLite0': ['temporalKernel', (options) => sts.networks.efficientNetLite0(options)],
  'sts.networks.mobileNetV2': ['dropout', (options) => sts.networks.mobileNetV2(options)],
  'sts.networks.r2plus1d': ['classes', (options) => sts.networks.r2plus1d(options)],
  'sts.networks.slowOnly': ['height', (options) => sts.networks.slowOnly(options)],
  'sts.networks.slowFast': ['speedRatio', (options) => sts.networks.slowFast(options)],
  'sts.networks.transNetV2': ['frames', (options) => sts.networks.transNetV2(options)],
  'sts.networks.x3d': ['width', (options) => sts.networks.x3d(options)],
  'sts.inflate': ['plan', (options) => sts.inflate([], tiny, {rule: 'sts', ...options})],
  'sts.planInflation': ['rules', (options) => sts.planInflation([], [], 'sts', options)],
  'sts.inflateKernel': [
    'layout',
    (options) => sts.inflateKernel({shape: [1, 1, 1, 1], values: new Float32Array(1)}, 3, options as never),
  ],
  'sts.predictInSlabs': ['slab', (options) => sts.predictInSlabs(tiny, x(), options)],
  'sts.loadModel': ['onProgress', (options) => sts.loadModel('efficientnet_lite0', options)],
  'sts.loadLabels': ['readFile', (options) => sts.loadLabels('imagenet1k', options)],
  'sts.saveModel': ['dtype', (options) => sts.saveModel(tiny, 'a.safetensors', {mean: 0, std: 1}, options)],
  'sts.modelFile': ['dtype', (options) => sts.modelFile(tiny, {mean: 0, std: 1}, options)],
  'sts.shardSafetensors': ['maxBytes', (options) => sts.shardSafetensors([], options as never).next()],
  'sts.checkpoints.read': ['formats', (options) => sts.checkpoints.read(new Uint8Array(9), options)],
  'sts.checkpoints.assign': ['strict', (options) => sts.checkpoints.assign(tiny, none(), options)],
  'sts.checkpoints.compare': ['names', (options) => sts.checkpoints.compare(tiny, none(), options)],
  'sts.checkpoints.fromLayersModel': ['dtype', (options) => sts.checkpoints.fromLayersModel(tiny, options)],
  'sts.checkpoints.toTorch': [
    'original',
    (options) => sts.checkpoints.toTorch(tiny, sts.checkpoints.names.timm.efficientNetLite(), options),
  ],
  'sts.toOnnx': ['layout', (options) => sts.toOnnx(tiny, options)],
  'sts.checkpoints.Checkpoint': ['metadata', (options) => new sts.checkpoints.Checkpoint([], options)],
  'wasm.setThreads': ['wasmPaths', (options) => wasm.setThreads(1, options)],
};

/** The others: nothing that they take is called an option. */
const takesNone = [
  ...['expandTaps', 'invertTaps', 'inversePhases', 'tapCount', 'tapTable', 'convMacs', 'weightsOf'],
  ...['freeze', 'replaceConv3d', 'temporalConvolutions', 'imageModePlan', 'resNetPlan', 'middleSlices'],
  ...['slabStream'],
  ...[
    'kernelCoverage',
    'restoreStockKernels',
    'restoreStockLayers',
    'registerNetwork',
    'registerModelScheme',
  ],
  ...['listModels', 'listCheckpoints', 'modelMetadata'],
  ...['networks.networkDefinition', 'networks.registerNetwork', 'networks.summarize'],
  ...['checkpoints.entryOf', 'checkpoints.CheckpointEntry', 'checkpoints.storedAs', 'checkpoints.expanded'],
  ...['checkpoints.GlobalRef', 'checkpoints.PickledObject'],
  ...['FormatError', 'InvalidArgumentError', 'OutOfMemoryError', 'StsError', 'UnavailableError'],
].map((name) => `sts.${name}`);

/** test/video and test/recognize have these. */
const elsewhere = /^sts\.(video\..*|recognize|readViews|viewIndices)$/;

const TINY = 'efficientnet_lite_tiny';
const X = [1, 3, 4, 4, 4];
const F = [3, 1, 1, 4, 4];
const x = () => tf.zeros<tf.Rank.R5>([1, 3, 4, 4, 4]);
const filter = (last: number) => tf.zeros<tf.Rank.R5>([3, 1, 1, 4, last]);
const none = () => new sts.checkpoints.Checkpoint([]);
let tiny: tfl.LayersModel;
beforeAll(async () => {
  await tf.setBackend('cpu');
  tiny = sts.createNetwork(TINY, {weightless: true});
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
  const {layers, networks, checkpoints, video, ...rest} = sts;
  const spaces = {
    sts: rest,
    'sts.networks': networks,
    'sts.checkpoints': checkpoints,
    'sts.video': video,
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
