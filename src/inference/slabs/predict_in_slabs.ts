/** `predictInSlabs` and `slabStream`: a model on a volume that does not fit into memory with all that is made of it. */
import {dispose, Tensor, tidy} from '@tensorflow/tfjs-core';
import {checkCount} from '../../util/counts';
import {InvalidArgumentError} from '../../util/errors';
import {checkLayersModel, inputShapes} from '../../util/models';
import {checkOptions, optionNames} from '../../util/names';
import {partialShapeText, sizeOf} from '../../util/shapes';
import {turnOfOthers} from '../../util/turns';
import {FrozenModel} from '../freeze';
import {cut, joined} from './frames';
import {type Program, programOf, type SlabModel} from './program';
import {type OutputSlab, SlabStream} from './slab_stream';

/** Frames `first` to `first + count - 1` of a volume, `[batch, count, ...]`, a new tensor. */
export type SlabSource = (first: number, count: number) => Tensor | Promise<Tensor>;

/** One tensor for each input of the model, or what delivers the frames of its only input. */
export type SlabVolume = Tensor | readonly Tensor[] | SlabSource;

export interface SlabOptions {
  /** The shape of the volume, `[batch, frames, height, width, channels]`: needed where a function delivers it. */
  readonly shape?: readonly number[];
  /**
   * Frames at a time. More take more memory and copy less: each layer copies the frames that it reads again, as many as
   * its kernel reaches, once a slab. Default: what fits in 128 MiB of the widest value.
   */
  readonly slab?: number;
  /**
   * What is kept of a piece of the output, for instance `(scores) => tf.argMax(scores, -1)`: a tensor whose first two
   * axes are those of the piece. Default: all of it. Is run in a `tf.tidy`.
   */
  readonly reduce?: (piece: Tensor, place: {readonly output: number; readonly first: number}) => Tensor;
  /** Called after each slab of the input. */
  readonly onProgress?: (progress: {readonly frames: number; readonly total: number}) => void;
  /** Ends the run between two pieces: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

const KNOWN = optionNames<SlabOptions>({
  shape: true,
  slab: true,
  reduce: true,
  onProgress: true,
  signal: true,
});

const DEFAULT_BYTES = 2 ** 27;
const FLOAT_BYTES = 4;
const CALLER = 'predictInSlabs';

/**
 * The outputs of a fully convolutional model, frozen or not, as its own `predict` gives them, computed slab by slab along the first axis: of
 * each layer no more is in memory than it still needs, and nothing is computed twice. With the package's kernels (cpu,
 * wasm) the result is that of `predict` bit for bit; on webgl and webgpu the same up to rounding.
 *
 * The model may have been made for another size. Its layers must work frame by frame: convolutions, pooling, padding,
 * upsampling, normalization by moving averages, sums and concatenations of branches, activations. Others (global pooling,
 * flatten, recurrent layers, attention) are refused by name.
 *
 * @param model a functional or sequential model, or what `freeze` made of one, which is faster
 * @param volume `[batch, frames, height, width, channels]`, one for each input of the model with as many frames each, or a
 *     function that delivers the frames of the only input; tensors stay the caller's
 * @returns one tensor for each output of the model, a single one by itself: the output, or what `reduce` kept of it
 * @throws InvalidArgumentError for a layer that does not work frame by frame, a volume of another shape than the model
 *     takes, or options that do not fit
 *
 * ```ts
 * const labels = await predictInSlabs(model, volume, {reduce: (scores) => tf.argMax(scores, -1)});
 * ```
 */
export async function predictInSlabs(
  model: SlabModel,
  volume: SlabVolume,
  options: SlabOptions = {},
): Promise<Tensor | Tensor[]> {
  checkOptions(CALLER, options, KNOWN);
  const {reduce = (piece) => piece, onProgress, signal} = options;
  const deliver = delivery(volume);
  const program = programOf(model, shapesOf(model, volume, options.shape), CALLER);
  const total = program.inputs[0]!.frames.length;
  const slab = slabOf(program, options.slab);
  const stream = SlabStream.of(program);
  const kept: Tensor[][] = program.outputs.map(() => []);
  try {
    while (stream.frames < total) {
      signal?.throwIfAborted();
      const count = Math.min(slab, total - stream.frames);
      for (const piece of given(stream, await deliver(stream.frames, count))) {
        kept[piece.output]!.push(keptOf(piece, reduce));
        await turnOfOthers();
        signal?.throwIfAborted();
      }
      onProgress?.({frames: stream.frames, total});
      await turnOfOthers();
    }
    const outputs = tidy(() => kept.map(joined));
    return outputs.length === 1 ? outputs[0]! : outputs;
  } finally {
    stream.dispose();
    dispose(kept);
  }
}

/**
 * A model that takes a volume slab by slab and gives what is ready: `predictInSlabs` for those who have their own loop.
 *
 * @param model as for `predictInSlabs`
 * @param shape of the whole volume, `[batch, frames, height, width, channels]`, or one for each input of the model
 * @throws InvalidArgumentError for a layer that does not work frame by frame, or shapes that the model does not take
 *
 * ```ts
 * const stream = slabStream(model, [1, 256, 256, 256, 1]);
 * for (const {first, values} of stream.push(slab)) await write(first, values);
 * ```
 */
export function slabStream(
  model: SlabModel,
  shape: readonly number[] | readonly (readonly number[])[],
): SlabStream {
  const shapes = (typeof shape[0] === 'number' ? [shape] : shape) as readonly (readonly number[])[];
  return SlabStream.of(programOf(model, checkedShapes(model, shapes, 'slabStream'), 'slabStream'));
}

/** The frames of all inputs. */
function delivery(volume: SlabVolume): (first: number, count: number) => Tensor[] | Promise<Tensor[]> {
  if (typeof volume === 'function') {
    return async (first, count) => {
      const frames = await volume(first, count);
      if (frames.shape[1] === count) return [frames];
      frames.dispose();
      throw new InvalidArgumentError(
        `${CALLER}: asked for ${count} frames from frame ${first} on, the function delivered [${frames.shape.join(', ')}].`,
      );
    };
  }
  return (first, count) => tidy(() => tensorsOf(volume).map((tensor) => cut(tensor, first, count)));
}

function tensorsOf(volume: Tensor | readonly Tensor[]): readonly Tensor[] {
  return volume instanceof Tensor ? [volume] : volume;
}

function shapesOf(
  model: SlabModel,
  volume: SlabVolume,
  shape: readonly number[] | undefined,
): readonly (readonly number[])[] {
  if (typeof volume === 'function') {
    if (shape !== undefined) return checkedShapes(model, [shape], CALLER);
    throw new InvalidArgumentError(
      `${CALLER}: a function delivers the volume, whose shape is not known; give the option shape, [batch, frames, height, width, channels].`,
    );
  }
  if (shape !== undefined) {
    throw new InvalidArgumentError(
      `${CALLER}: the option shape is that of a volume that a function delivers; a tensor has its own.`,
    );
  }
  return checkedShapes(
    model,
    tensorsOf(volume).map((tensor) => tensor.shape),
    CALLER,
  );
}

/** Channels must be the model's, and all inputs must have as many frames; other lengths are the layers' business. */
function checkedShapes(
  model: SlabModel,
  shapes: readonly (readonly number[])[],
  caller: string,
): readonly (readonly number[])[] {
  if (!(model instanceof FrozenModel)) checkLayersModel(caller, model);
  const wanted = inputShapes(model);
  const fits = wanted.every((shape, i) => {
    const is = shapes[i];
    const channels = shape.at(-1);
    return (
      is?.length === shape.length &&
      shape.length > 2 &&
      is.every((length) => Number.isInteger(length) && length > 0) &&
      (channels == null || channels === is.at(-1)) &&
      is[0] === shapes[0]![0] &&
      is[1] === shapes[0]![1]
    );
  });
  if (fits && shapes.length === wanted.length) return shapes;
  throw new InvalidArgumentError(
    `${caller}: got a volume of ${shapes.map(partialShapeText).join(' and ') || 'nothing'}; the model takes ` +
      `${wanted.map(partialShapeText).join(' and ')}, here of any size but for batch and channels.`,
  );
}

function slabOf({inputs, outputs, steps}: Program, slab: number | undefined): number {
  if (slab !== undefined) {
    checkCount(CALLER, 'slab', slab);
    return slab;
  }
  const {length} = inputs[0]!.frames;
  const values = [...inputs, ...outputs, ...steps.map(({output}) => output)];
  const widest = Math.max(...values.map(({shape}) => sizeOf(shape) * FLOAT_BYTES)) / length;
  return Math.min(length, Math.max(1, Math.floor(DEFAULT_BYTES / widest)));
}

/** What comes out for slabs that are freed at once: the stream keeps what it needs of them. */
function* given(stream: SlabStream, slabs: Tensor[]): Generator<OutputSlab, void> {
  try {
    yield* stream.push(slabs);
  } finally {
    dispose(slabs);
  }
}

function keptOf({output, first, values}: OutputSlab, reduce: NonNullable<SlabOptions['reduce']>): Tensor {
  try {
    return tidy(() => {
      const reduced = reduce(values, {output, first});
      if ([0, 1].every((axis) => reduced.shape[axis] === values.shape[axis])) return reduced.clone();
      throw new InvalidArgumentError(
        `${CALLER}: reduce made [${reduced.shape.join(', ')}] of a piece of [${values.shape.join(', ')}]; the first two axes, batch and frames, must stay.`,
      );
    });
  } finally {
    values.dispose();
  }
}
