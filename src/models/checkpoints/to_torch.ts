/**
 * The way back: the weights of a model under the keys, in the layout and with the types that the authors' PyTorch code
 * has, for `load_state_dict`. The opposite of `renamed` and `assign`; writes no file (see formats/safetensors).
 */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import {fromLayersModel} from './assign';
import {Checkpoint, type CheckpointEntry, entryOf} from './checkpoint';
import type {NameMap} from './names';

export interface ToTorchOptions {
  /**
   * The state dict that the weights came from, under its own keys. What has no place in our networks is taken over from
   * it unchanged: the norms' counts of batches. Default: each count is 0, as in a network that was never trained.
   */
  original?: Checkpoint;
}

const KNOWN = optionNames<ToTorchOptions>({original: true});

/**
 * The state dict of a model: what PyTorch's `load_state_dict` takes with nothing missing and nothing unexpected. Weights
 * are F32, counts of batches (`num_batches_tracked`) I64 without axes. A model that got a state dict in F32 and was not
 * changed since gives back the same bits.
 *
 * @param model one of our networks; convolution kernels `[time, height, width, in / groups, out]` become
 *   `[out, in / groups, time, height, width]` (without time where the map is of an image network), dense ones `[in, out]` become `[out, in]`
 * @param names whose keys to write: `names.mmaction2.slowFast()`, `names.timm.x3d()` and so on, of the model's family
 * @returns the tensors, module by module. A weight's values are copied, and reordered only when they are asked for
 * @throws InvalidArgumentError when the map has no key for a weight, or two weights of the model have one name
 * @example
 * const state = await checkpoints.toTorch(model, checkpoints.names.mmaction2.slowFast());
 * await writeFile('slowfast.safetensors', checkpoints.safetensors.write(state));
 */
export async function toTorch(
  model: LayersModel,
  names: NameMap,
  options: ToTorchOptions = {},
): Promise<Checkpoint> {
  checkOptions('checkpoints.toTorch', options, KNOWN);
  const {original} = options;
  const unknown: string[] = [];
  const modules = new Map<string, [string, CheckpointEntry][]>();
  for (const [weight, ours] of await fromLayersModel(model)) {
    const key = names.toTorch(weight);
    const entry = key === null ? ours : withRank(ours, key.axes.length);
    if (key === null || key.axes.length !== entry.shape.length) {
      unknown.push(weight);
      continue;
    }
    const module = key.name.slice(0, key.name.lastIndexOf('.'));
    const tensors = modules.get(module) ?? [];
    tensors.push([key.name, entry.transpose(key.axes)]);
    modules.set(module, tensors);
  }
  if (unknown.length > 0) {
    throw new InvalidArgumentError(
      `checkpoints.toTorch: the name map has no key for ${unknown.length} weights of the model, such as ${unknown.slice(0, 3).join(', ')}. ` +
        "Give the map of the model's own family.",
    );
  }
  const entries = [...modules].flatMap(([module, tensors]) => [
    ...tensors,
    ...countOf(module, tensors, original),
  ]);
  return new Checkpoint(entries);
}

/** A kernel of one slice in time is that of an image network, if the map is of one. */
function withRank(entry: CheckpointEntry, rank: number): CheckpointEntry {
  const [time, ...frame] = entry.shape;
  return time === 1 && frame.length === rank && rank === 4 ? entry.reshape(frame) : entry;
}

/** PyTorch counts the batches of every norm, behind its other tensors; a file that was cleaned may have no counts. */
function countOf(
  module: string,
  tensors: readonly [string, CheckpointEntry][],
  original: Checkpoint | undefined,
): [string, CheckpointEntry][] {
  if (!tensors.some(([key]) => key === `${module}.running_var`)) return [];
  const key = `${module}.num_batches_tracked`;
  if (original === undefined) return [[key, entryOf(new BigInt64Array(1), [])]];
  return original.has(key) ? [[key, original.get(key)]] : [];
}
