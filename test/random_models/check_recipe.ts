/**
 * One random model, computed in every way that there is: on cpu and wasm, frozen, on two threads, saved and loaded, in
 * ONNX Runtime, and trained a step.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type * as tfl from '@tensorflow/tfjs-layers';
import * as native from 'onnxruntime-node';
import * as sts from '../../src/entries';
import {toOnnx} from '../../src/models/onnx';
import '../../src/entries/backends/cpu';
import {KERNEL_NAMES} from '../../src/geometry/kernel_names';
import {loaded} from '../inference/freeze/through_data';
import {liveRuntime, startThreads} from '../kernels/wasm/threads/start_threads';
import {saveAndLoad} from '../layers/contract';
import {runOnnx} from '../models/onnx/onnx_runtime';
import {buildModel, type RandomModel} from './build';
import {
  type Answers,
  checkNear,
  predict,
  roundingsOfStep,
  tolerances,
  trainingStep,
  valuesOf,
} from './checks';
import type {Recipe} from './recipe';

/** Starts both backends, wasm with a second thread. */
export async function startBackends(): Promise<void> {
  await startThreads(2);
  await tf.setBackend('cpu');
  // The reference is the composed form, not kernels of ours.
  for (const name of KERNEL_NAMES) {
    if (tf.getKernel(name, 'cpu') != null) tf.unregisterKernel(name, 'cpu');
  }
}

/** Runs wasm kernels on the calling thread alone. */
function onOneThread<T>(run: () => T): T {
  const host = liveRuntime();
  const pool = Reflect.get(host, 'pool');
  Reflect.set(host, 'pool', undefined);
  try {
    return run();
  } finally {
    Reflect.set(host, 'pool', pool);
  }
}

function predictFrozen(model: tfl.LayersModel, inputs: readonly tf.Tensor[]): Answers {
  const frozen = sts.freeze(model);
  try {
    return tf.tidy(() => valuesOf([frozen.predict([...inputs])].flat()));
  } finally {
    frozen.dispose();
  }
}

async function predictFrozenLoaded(model: tfl.LayersModel, inputs: readonly tf.Tensor[]): Promise<Answers> {
  const original = sts.freeze(model);
  const frozen = await loaded(original);
  original.dispose();
  try {
    return tf.tidy(() => valuesOf([frozen.predict([...inputs])].flat()));
  } finally {
    frozen.dispose();
  }
}

async function predictLoaded(model: tfl.LayersModel, inputs: readonly tf.Tensor[]): Promise<Answers> {
  const loaded = await saveAndLoad(model);
  try {
    return predict(loaded, inputs);
  } finally {
    loaded.dispose();
  }
}

async function checkOnnx(
  {model, kinds}: RandomModel,
  inputs: tf.Tensor[],
  expected: Answers,
  allowed: number[],
) {
  if ([...kinds].some(({notInOnnx}) => notInOnnx !== undefined)) return;
  const outputs = await runOnnx(native, await toOnnx(model), inputs);
  checkNear(
    'onnx',
    outputs.map(({values}) => values),
    expected,
    allowed,
  );
}

async function checkModel(random: RandomModel): Promise<void> {
  const {model} = random;
  await tf.setBackend('cpu');
  const inputs = random.inputs(7);
  const expected = predict(model, inputs);
  const allowed = tolerances(model, inputs, predict, expected);
  const frozenOnCpu = predictFrozen(model, inputs);
  checkNear('frozen, cpu', frozenOnCpu, expected, allowed);
  checkNear(
    'frozen, sent and loaded',
    await predictFrozenLoaded(model, inputs),
    frozenOnCpu,
    frozenOnCpu.map(() => 0),
  );
  checkNear(
    'saved and loaded',
    await predictLoaded(model, inputs),
    expected,
    expected.map(() => 0),
  );
  await checkOnnx(random, inputs, expected, allowed);

  await tf.setBackend('wasm');
  const one = onOneThread(() => predict(model, inputs));
  checkNear('wasm', one, expected, allowed);
  checkNear(
    'wasm, two threads against one',
    predict(model, inputs),
    one,
    one.map(() => 0),
  );
  const frozen = onOneThread(() => predictFrozen(model, inputs));
  checkNear('frozen, wasm', frozen, expected, allowed);
  checkNear(
    'frozen, two threads against one',
    predictFrozen(model, inputs),
    frozen,
    frozen.map(() => 0),
  );
  await checkTraining(random);
  tf.dispose(inputs);
}

/** A ReLU or a maximum at a kink is a matter of one input, a fault is not: it must fail on three. */
async function checkTraining({model, inputs}: RandomModel): Promise<void> {
  if (model.trainableWeights.length === 0) return;
  for (const seed of [7, 17, 27]) {
    const given = inputs(seed);
    try {
      await tf.setBackend('cpu');
      const expected = trainingStep(model, given);
      const allowed = tolerances(model, given, trainingStep, expected, roundingsOfStep(model, expected));
      await tf.setBackend('wasm');
      checkNear('training step, wasm', trainingStep(model, given), expected, allowed);
      return;
    } catch (error) {
      if (seed === 27) throw error;
    } finally {
      tf.dispose(given);
    }
  }
}

/** How many models had a layer of each kind. */
export const seen = new Map<string, number>();

/** Throws, with the model layer by layer, if anything that must hold does not, or a tensor is left over. */
export async function checkRecipe(recipe: Recipe): Promise<void> {
  await tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  const random = buildModel(recipe);
  if (random === undefined) return;
  for (const {name} of random.kinds) seen.set(name, (seen.get(name) ?? 0) + 1);
  try {
    await checkModel(random);
  } catch (error) {
    tf.disposeVariables();
    throw new Error(`${(error as Error).message}\n${random.text}`, {cause: error});
  }
  random.model.dispose();
  // A model's dispose leaves the weights of a layer that it calls twice.
  tf.disposeVariables();
  const left = tf.memory().numTensors - before;
  if (left !== 0) throw new Error(`${left} tensors are left over\n${random.text}`);
}
