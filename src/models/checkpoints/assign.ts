/**
 * Between checkpoints and tfjs models: weights go in by name, all or none, and come out as a checkpoint. Changes no
 * layout: a name map that needs one transposes the entries first (`CheckpointEntry.transpose`).
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {described} from '../../util/models';
import {checkOptions, optionNames} from '../../util/names';
import {sameShape} from '../../util/shapes';
import {Checkpoint, type CheckpointEntry, entryOf} from './checkpoint';

type Weight = LayersModel['weights'][number];

export interface AssignOptions {
  /**
   * The weight `<layer>/<weight>` that a checkpoint name belongs to, or null for a tensor to leave aside on purpose.
   * Default: the name itself.
   */
  names?: (name: string) => string | null;
  /** Whether anything missing, extra or misshapen is an error. Default: true. */
  strict?: boolean;
}

const ASSIGN_OPTIONS = optionNames<AssignOptions>({names: true, strict: true});

/** A weight whose tensor in the checkpoint has another shape. */
export interface Misshapen {
  /** Weight of the model. */
  name: string;
  /** Shape of the weight. */
  expected: readonly number[];
  /** Shape of the checkpoint's tensor. */
  given: readonly number[];
}

export interface AssignReport {
  /** Weights of the model that got values. */
  assigned: string[];
  /** Weights of the model that the checkpoint has no tensor for. */
  missing: string[];
  /** Tensors of the checkpoint that the model has no weight for, by their checkpoint names. */
  extra: string[];
  misshapen: Misshapen[];
}

/**
 * Gives a model the weights of a checkpoint. Every tensor is found, compared and decoded before the first weight is
 * written, so a failure leaves the model as it was.
 *
 * @param model weights are addressed as `<layer>/<weight>`, for example `fast_conv1/kernel`.
 * @param checkpoint shapes must be those of the model, in its layout.
 * @returns what was assigned and, without `strict`, what was not.
 * @throws InvalidArgumentError with `strict` when anything is missing, extra or misshapen, listing all of it; always
 *   when two checkpoint names map to one weight, or two weights of the model have one name. FormatError when the
 *   checkpoint's data turns out damaged.
 * @example
 * const report = checkpoints.assign(model, checkpoint, {names: (key) => (key.startsWith('head') ? null : key), strict: false});
 */
export function assign(
  model: LayersModel,
  checkpoint: Checkpoint,
  options: AssignOptions = {},
): AssignReport {
  checkOptions('checkpoints.assign', options, ASSIGN_OPTIONS);
  const {names = (name) => name, strict = true} = options;
  const {report, fitting, total} = match(model, checkpoint, names, 'checkpoints.assign');
  if (strict && report.missing.length + report.extra.length + report.misshapen.length > 0) {
    throw new InvalidArgumentError(mismatch(report, total));
  }
  writeAll(fitting);
  return report;
}

/**
 * What {@link assign} would report, without `strict`; reads names and shapes only and changes nothing.
 *
 * @returns as `assigned` the weights that would get values
 * @throws InvalidArgumentError when two checkpoint names map to one weight, or two weights of the model have one name.
 * @example
 * const {missing, extra, misshapen} = checkpoints.compare(model, checkpoint);
 */
export function compare(
  model: LayersModel,
  checkpoint: Checkpoint,
  options: Pick<AssignOptions, 'names'> = {},
): AssignReport {
  checkOptions('checkpoints.compare', options, ['names']);
  const {names = (name) => name} = options;
  return match(model, checkpoint, names, 'checkpoints.compare').report;
}

/**
 * The weights of a model as a checkpoint, under the names that {@link assign} expects.
 *
 * @param options.dtype how float32 weights are stored; 'F16' rounds to nearest even. Default: 'F32'.
 * @throws InvalidArgumentError when two weights of the model have one name, or a weight is of a type that checkpoints
 *   do not hold.
 * @example
 * const file = checkpoints.safetensors.write(await checkpoints.fromLayersModel(model, {dtype: 'F16'}));
 */
export async function fromLayersModel(
  model: LayersModel,
  options: {dtype?: 'F32' | 'F16'} = {},
): Promise<Checkpoint> {
  checkOptions('checkpoints.fromLayersModel', options, ['dtype']);
  const {dtype = 'F32'} = options;
  const entries: [string, CheckpointEntry][] = [];
  for (const [name, weight] of weightsByName(model, 'checkpoints.fromLayersModel')) {
    const values = await weight.read().data();
    if (values instanceof Float32Array)
      entries.push([name, entryOf(values.slice(), shapeOf(weight)).toFloat(dtype)]);
    else if (values instanceof Int32Array) entries.push([name, entryOf(values.slice(), shapeOf(weight))]);
    else {
      throw new InvalidArgumentError(
        `checkpoints.fromLayersModel: the weight ${name} is ${weight.dtype}; float32 and int32 weights can be stored`,
      );
    }
  }
  return new Checkpoint(entries);
}

/** `originalName` is `<layer>/<weight>` without the number that tfjs adds when two models of a process share names. */
function weightsByName(model: LayersModel, caller: string): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const weight of model.weights) {
    const name = weight.originalName;
    if (weights.has(name) && weights.get(name) !== weight) {
      throw new InvalidArgumentError(
        `${caller}: two weights of the model are called ${name}; give every layer, also of nested models, its own name`,
      );
    }
    weights.set(name, weight);
  }
  return weights;
}

/** JavaScript may give them in the other order, or a file that nobody has read. */
function checkArguments(model: LayersModel, checkpoint: unknown, caller: string): void {
  if (checkpoint instanceof Checkpoint && Array.isArray(model?.weights)) return;
  throw new InvalidArgumentError(
    `${caller}: takes a model and a checkpoint, as of checkpoints.read, in this order; got ${described(model)} and ${described(checkpoint)}.`,
  );
}

function match(
  model: LayersModel,
  checkpoint: Checkpoint,
  names: (name: string) => string | null,
  caller: string,
) {
  checkArguments(model, checkpoint, caller);
  const weights = weightsByName(model, caller);
  const {pairs, extra} = pairUp(weights, checkpoint, names, caller);
  const report: AssignReport = {assigned: [], missing: [], extra, misshapen: []};
  const fitting: [Weight, CheckpointEntry][] = [];
  for (const [name, weight] of weights) {
    const entry = pairs.get(name);
    const expected = shapeOf(weight);
    if (!entry) report.missing.push(name);
    else if (!sameShape(expected, entry.shape)) report.misshapen.push({name, expected, given: entry.shape});
    else {
      report.assigned.push(name);
      fitting.push([weight, entry]);
    }
  }
  return {report, fitting, total: weights.size};
}

function pairUp(
  weights: ReadonlyMap<string, Weight>,
  checkpoint: Checkpoint,
  names: (name: string) => string | null,
  caller: string,
) {
  const pairs = new Map<string, CheckpointEntry>();
  const sources = new Map<string, string>();
  const extra: string[] = [];
  for (const [name, entry] of checkpoint) {
    const target = names(name);
    if (target === null) continue;
    if (!weights.has(target)) {
      extra.push(name);
      continue;
    }
    const before = sources.get(target);
    if (before !== undefined) {
      throw new InvalidArgumentError(
        `${caller}: ${before} and ${name} both map to the weight ${target}; let names() return null for one of them`,
      );
    }
    sources.set(target, name);
    pairs.set(target, entry);
  }
  return {pairs, extra};
}

/** Makes every tensor first, since making one can fail (damage, memory) and writing one cannot. */
function writeAll(fitting: readonly [Weight, CheckpointEntry][]): void {
  const tensors: tf.Tensor[] = [];
  try {
    for (const [weight, entry] of fitting) tensors.push(tensorOf(weight, entry));
    fitting.forEach(([weight], i) => {
      weight.write(tensors[i]!);
    });
  } finally {
    tf.dispose(tensors);
  }
}

function tensorOf(weight: Weight, entry: CheckpointEntry): tf.Tensor {
  if (weight.dtype === 'float32') return tf.tensor(entry.toFloat32(), [...entry.shape], 'float32');
  const values = entry.values();
  const whole = Int32Array.from(values as ArrayLike<number | bigint>, Number);
  if (weight.dtype !== 'int32' || whole.some((value, i) => value !== Number(values[i]))) {
    throw new InvalidArgumentError(
      `checkpoints.assign: the weight ${weight.originalName} is ${weight.dtype} and cannot hold the values of a ${entry.dtype} tensor`,
    );
  }
  return tf.tensor(whole, [...entry.shape], 'int32');
}

function shapeOf(weight: Weight): number[] {
  return weight.shape.map((length) => length ?? 0);
}

function mismatch({missing, extra, misshapen}: AssignReport, total: number): string {
  const lines = [
    `checkpoints.assign: the checkpoint does not fit the model of ${total} weights, and nothing was assigned. Map names with the option names, or accept the difference with strict: false.`,
  ];
  if (missing.length > 0) lines.push(`missing (${missing.length}): ${missing.join(', ')}`);
  if (extra.length > 0) lines.push(`extra (${extra.length}): ${extra.join(', ')}`);
  if (misshapen.length > 0) {
    const shapes = misshapen.map(
      ({name, expected, given}) => `${name} needs [${expected.join(', ')}], given [${given.join(', ')}]`,
    );
    lines.push(`misshapen (${misshapen.length}): ${shapes.join('; ')}`);
  }
  return lines.join('\n');
}
