/**
 * Weights stored in fewer bits: kernels as half precision or as bytes, everything else in full. Bytes stand for numbers by
 * a step and a zero for each output channel, which are tensors beside the kernel; docs/extending/checkpoint-format.md
 * describes the file. No file format is known here, and nothing is decoded before it is asked for.
 */
import {FormatError, InvalidArgumentError} from '../../util/errors';
import {Checkpoint, CheckpointEntry} from './checkpoint';
import {countElements} from './strided';

/** How the kernels of a checkpoint are stored. */
export type StorageType = 'float32' | 'float16' | 'uint8';

export const STORAGE_TYPES: readonly StorageType[] = ['float32', 'float16', 'uint8'];

/** Metadata key, and its one value, of a checkpoint with kernels of bytes. */
const KEY = 'quantization';
const AFFINE = 'affine-uint8';

const SCALE = ':scale';
const ZERO = ':zero';

const LEVELS = 255;
const SMALLEST_FLOAT32 = 2 ** -149;

/**
 * The same weights with kernels (tensors of two or more axes) in another type. Vectors, among them all of batch
 * normalization, are float32: they are few, and a variance may leave the range of half precision.
 *
 * - 'float16': each value rounded once, to nearest even.
 * - 'uint8': a byte for each value; for each output channel, the last axis (of a `.../depthwise_kernel` the last two), the
 *   range from the smallest value or 0 to the largest or 0 in 255 steps. An error is at most half a step, and 0 stays 0.
 *
 * @param checkpoint tensors of floating-point types, in the layout of our networks
 * @returns lazy entries; 'uint8' has for each kernel NAME the tensors NAME, NAME:scale and NAME:zero, and says so in
 *   the metadata. {@link expanded} is the way back
 * @throws InvalidArgumentError for integer tensors, a name that ends like those, and, when values are asked for, kernels
 *   that are not finite
 * @example
 * const small = storedAs(await fromLayersModel(model), 'uint8');
 * await writeFile('small.safetensors', safetensors.write(small));
 */
export function storedAs(checkpoint: Checkpoint, type: StorageType): Checkpoint {
  if (!STORAGE_TYPES.includes(type)) {
    throw new InvalidArgumentError(
      `checkpoints.storedAs: ${JSON.stringify(type)} is no storage type; give one of ${STORAGE_TYPES.join(', ')}`,
    );
  }
  const entries = [...checkpoint].flatMap(([name, entry]): [string, CheckpointEntry][] => {
    const isKernel = entry.shape.length > 1;
    if (type !== 'uint8') return [[name, entry.toFloat(isKernel && type === 'float16' ? 'F16' : 'F32')]];
    if (isCompanion(name)) {
      throw new InvalidArgumentError(
        `checkpoints.storedAs: the name ${JSON.stringify(name)} ends as those of steps and zeros do, ${SCALE} or ${ZERO}; rename it`,
      );
    }
    return isKernel ? quantized(name, entry.toFloat('F32')) : [[name, entry.toFloat('F32')]];
  });
  const metadata = new Map(checkpoint.metadata);
  if (type === 'uint8') metadata.set(KEY, AFFINE);
  return new Checkpoint(entries, {metadata, extra: checkpoint.extra});
}

/**
 * A checkpoint whose kernels are numbers again: bytes, steps and zeros become lazy float32 entries. One without any, as
 * its metadata tell, is returned as it is.
 *
 * @throws FormatError for a kind of quantization that is not known, bytes without step and zero or the reverse, shapes
 *   that do not go together, and steps that are not finite and positive
 * @example
 * assign(model, expanded(read(file)));
 */
export function expanded(checkpoint: Checkpoint): Checkpoint {
  const kind = checkpoint.metadata.get(KEY);
  if (kind === undefined) return checkpoint;
  if (kind !== AFFINE) {
    throw new FormatError(
      `checkpoints.expanded: the checkpoint has the ${KEY} ${JSON.stringify(kind)}; this version reads ${AFFINE}`,
    );
  }
  const entries: [string, CheckpointEntry][] = [];
  for (const [name, entry] of checkpoint) {
    if (isCompanion(name)) requireOwner(checkpoint, name);
    else entries.push([name, entry.dtype === 'U8' ? dequantized(checkpoint, name, entry) : entry]);
  }
  const metadata = new Map(checkpoint.metadata);
  metadata.delete(KEY);
  return new Checkpoint(entries, {metadata, extra: checkpoint.extra});
}

const isCompanion = (name: string) => name.endsWith(SCALE) || name.endsWith(ZERO);

/** A kernel as bytes, steps `[1, ..., 1, channels]` and zeros of the same shape. */
function quantized(name: string, kernel: CheckpointEntry): [string, CheckpointEntry][] {
  const channelAxes = name.endsWith('/depthwise_kernel') ? 2 : 1;
  const shape = kernel.shape.map((length, axis) => (axis < kernel.shape.length - channelAxes ? 1 : length));
  // The bytes of a kernel need its steps too, so they are worked out once; they are a small part of it.
  let known: Ranges | undefined;
  const ranges = () => {
    known ??= rangesOf(name, kernel, shape);
    return known;
  };
  return [
    [name, kernel.map('U8', (part, begin) => levelsOf(part, begin, ranges()))],
    [name + SCALE, new CheckpointEntry('F32', shape, () => new Uint8Array(ranges().scale.slice().buffer))],
    [name + ZERO, new CheckpointEntry('U8', shape, () => ranges().zero)],
  ];
}

/** Per channel; value = (level - zero) * scale. Channels vary fastest in a kernel. */
interface Ranges {
  readonly scale: Float32Array;
  readonly zero: Uint8Array;
}

function rangesOf(name: string, kernel: CheckpointEntry, shape: readonly number[]): Ranges {
  const channels = countElements(shape)!;
  const least = new Float64Array(channels);
  const most = new Float64Array(channels);
  let channel = 0;
  for (const piece of kernel.pieces()) {
    for (const value of new CheckpointEntry('F32', [piece.length / 4], () => piece).toFloat32()) {
      // Math.min and Math.max carry a NaN along.
      least[channel] = Math.min(least[channel]!, value);
      most[channel] = Math.max(most[channel]!, value);
      if (++channel === channels) channel = 0;
    }
  }
  const scale = Float32Array.from(most, (value, i) =>
    Math.max((value - least[i]!) / LEVELS, SMALLEST_FLOAT32),
  );
  if (scale.some((step) => !Number.isFinite(Math.fround(step * LEVELS)))) {
    throw new InvalidArgumentError(
      `checkpoints.storedAs: the kernel ${JSON.stringify(name)} has values that are not finite, or a range beyond float32's; ` +
        "such weights cannot be stored as uint8, use 'float32'",
    );
  }
  return {scale, zero: Uint8Array.from(scale, (step, i) => Math.round(-least[i]! / step))};
}

/** @param begin the number of the part's first element in the kernel */
function levelsOf(part: CheckpointEntry, begin: number, {scale, zero}: Ranges): Uint8Array {
  const levels = new Uint8ClampedArray(part.size);
  const values = part.toFloat32();
  for (let i = 0, channel = begin % scale.length; i < values.length; i++) {
    levels[i] = Math.round(values[i]! / scale[channel]!) + zero[channel]!;
    if (++channel === scale.length) channel = 0;
  }
  return new Uint8Array(levels.buffer);
}

function requireOwner(checkpoint: Checkpoint, name: string): void {
  const owner = name.slice(0, name.lastIndexOf(':'));
  if (checkpoint.has(owner) && checkpoint.get(owner).dtype === 'U8') return;
  throw new FormatError(
    `checkpoints.expanded: ${JSON.stringify(name)} is there and no tensor of bytes ${JSON.stringify(owner)}: the checkpoint is damaged`,
  );
}

/** Whatever the file holds, bytes become numbers only by steps and zeros that fit. */
function dequantized(checkpoint: Checkpoint, name: string, levels: CheckpointEntry): CheckpointEntry {
  const scale = companion(checkpoint, name, SCALE, 'F32', levels.shape);
  const zero = companion(checkpoint, name, ZERO, 'U8', levels.shape);
  if (scale.shape.some((length, axis) => length !== zero.shape[axis]))
    throw new FormatError(`checkpoints.expanded: scale and zero of ${JSON.stringify(name)} differ in shape`);
  if (scale.toFloat32().some((step) => !(step > 0 && Number.isFinite(Math.fround(step * LEVELS))))) {
    throw new FormatError(
      `checkpoints.expanded: ${JSON.stringify(name + SCALE)} has steps that are not finite and positive`,
    );
  }
  return new CheckpointEntry('F32', levels.shape, () => {
    const [bytes, steps, zeros] = [levels.bytes(), scale.toFloat32(), zero.bytes()];
    const values = new Float32Array(bytes.length);
    for (let i = 0, channel = 0; i < bytes.length; i++) {
      values[i] = (bytes[i]! - zeros[channel]!) * steps[channel]!;
      if (++channel === steps.length) channel = 0;
    }
    return new Uint8Array(values.buffer);
  });
}

function companion(
  checkpoint: Checkpoint,
  name: string,
  suffix: string,
  dtype: 'F32' | 'U8',
  shape: readonly number[],
): CheckpointEntry {
  const entry = checkpoint.tensors.get(name + suffix);
  if (entry?.dtype === dtype && isTail(entry.shape, shape)) return entry;
  const given = entry === undefined ? 'there is none' : `given ${entry.dtype} [${entry.shape.join(', ')}]`;
  throw new FormatError(
    `checkpoints.expanded: ${JSON.stringify(name)} of bytes [${shape.join(', ')}] needs ${JSON.stringify(name + suffix)} of ` +
      `${dtype} and a shape of ones that ends like its own; ${given}`,
  );
}

/** Whether a shape is ones up to some axis and from there on the other. */
function isTail(tail: readonly number[], shape: readonly number[]): boolean {
  const first = tail.findIndex((length) => length !== 1);
  return (
    tail.length === shape.length && (first < 0 || tail.slice(first).every((n, i) => n === shape[first + i]))
  );
}
