/**
 * Where a run stands, as a file: tensors of model, optimizer and averages, and the position as JSON in the metadata of a
 * safetensors file. The model's weights have their own names, so that the file is a checkpoint of the model too.
 */
import * as tf from '@tensorflow/tfjs-core';
import {type Checkpoint, type CheckpointEntry, entryOf, safetensors} from '../../models/checkpoints';
import {InvalidArgumentError} from '../../util/errors';
import {sameShape} from '../../util/shapes';
import type {CompleteRecipe} from '../recipes/recipe';

/** The key in the file's metadata. */
const KEY = 'tfjs-sts.training';
const VERSION = 1;

/** Names that no weight of a model has: those of weights have no colon in front. */
const PREFIXES = {optimizer: 'optimizer:', averages: 'average:'} as const;

/** Sums over the steps of an epoch that are done. */
export interface EpochSums {
  readonly loss: number;
  readonly correct: number;
  readonly samples: number;
}

/** What of a run is not a tensor. Random numbers depend on seed and position alone. */
export interface RunPosition {
  readonly epoch: number;
  /** Steps of the epoch that are done. */
  readonly step: number;
  /** Updates since the beginning. */
  readonly updates: number;
  readonly sums: EpochSums;
  readonly best: {readonly epoch: number; readonly top1: number} | null;
}

export interface RunRecord {
  readonly recipe: CompleteRecipe;
  readonly classes: readonly string[];
  /** Samples of an epoch. */
  readonly size: number;
  readonly position: RunPosition;
}

/** Tensors by name. */
export type Tensors = ReadonlyMap<string, tf.Tensor>;

export interface RunTensors {
  readonly weights: Tensors;
  readonly optimizer: Tensors;
  /** Empty without averages. */
  readonly averages: Tensors;
}

/**
 * The parts of the file.
 *
 * @returns undefined if a weight is not finite, which is no state to come back to
 */
export async function runStateFile(
  tensors: RunTensors,
  record: RunRecord,
): Promise<Iterable<Uint8Array> | undefined> {
  const entries: [string, CheckpointEntry][] = [];
  for (const [prefix, group] of Object.entries({'': tensors.weights, ...prefixed(tensors)})) {
    for (const [name, tensor] of group) {
      const values = (await tensor.data()).slice() as Float32Array;
      if (prefix === '' && !values.every(Number.isFinite)) return undefined;
      entries.push([prefix + name, entryOf(values, tensor.shape)]);
    }
  }
  return [safetensors.write(entries, {[KEY]: JSON.stringify({version: VERSION, ...record})})];
}

const prefixed = ({optimizer, averages}: RunTensors) => ({
  [PREFIXES.optimizer]: optimizer,
  [PREFIXES.averages]: averages,
});

/** Whether a file is the state of a run, of whatever version. */
export const isRunState = ({metadata}: Checkpoint) => metadata.has(KEY);

/** The record of a file, if it is of a run. */
export function runRecord(file: Checkpoint, caller: string): RunRecord {
  const text = file.metadata.get(KEY);
  const record: unknown = text === undefined ? undefined : JSON.parse(text);
  if ((record as {version?: unknown} | undefined)?.version === VERSION) return record as RunRecord;
  throw new InvalidArgumentError(
    `${caller}: the file is not the state of a training run of this version; give the directory of a run, or another one.`,
  );
}

/**
 * The tensors of a file in the place of those that a run has, which stay the caller's, as do the new ones.
 *
 * @throws InvalidArgumentError where a tensor is missing or has another shape
 */
export function runTensors(file: Checkpoint, present: RunTensors, caller: string): RunTensors {
  const read = (prefix: string, tensors: Tensors) =>
    new Map([...tensors].map(([name, like]) => [name, tensorOf(file, prefix + name, like, caller)] as const));
  return {
    weights: read('', present.weights),
    optimizer: read(PREFIXES.optimizer, present.optimizer),
    averages: read(PREFIXES.averages, present.averages),
  };
}

/** @param like a tensor that the run has, of the same shape and type */
function tensorOf(file: Checkpoint, name: string, {shape, dtype}: tf.Tensor, caller: string): tf.Tensor {
  const entry = file.tensors.get(name);
  if (entry !== undefined && sameShape(entry.shape, shape)) {
    if (dtype === 'float32') return tf.tensor(entry.toFloat32(), shape);
    // Of a layer that counts, or that keeps a mask: float32 would round large numbers.
    return tf.tensor(Int32Array.from(entry.values() as ArrayLike<number | bigint>, Number), shape, dtype);
  }
  const found = entry === undefined ? 'nothing' : `[${entry.shape.join(', ')}]`;
  throw new InvalidArgumentError(
    `${caller}: the run has ${found} of the name ${name}, the model [${shape.join(', ')}]; resume with the model that the run began with.`,
  );
}
