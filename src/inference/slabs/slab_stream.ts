/**
 * Runs the steps of a model on slabs of frames, each frame of each layer once: what a layer reads again later stays in the
 * frames of its input (frames.ts). A streaming network and one that does not fit into memory are the same thing here.
 */
import {type Tensor, tidy} from '@tensorflow/tfjs-core';
import type {FrameRange} from '../../geometry/conv_frames';
import {InvalidArgumentError} from '../../util/errors';
import type {Program} from './program';
import {firstRead, lastRead, outputsOf} from './span';
import type {Reading, Step, Value} from './step';

/** Some frames of an output of the model. */
export interface OutputSlab {
  /** Which output, where the model has several. */
  readonly output: number;
  /** The number of the first frame. */
  readonly first: number;
  /** `[batch, frames, ...]`; the receiver's to dispose of. */
  readonly values: Tensor;
}

/** A model at work on one volume, or one batch of volumes, that comes in slabs. Use `slabStream`. */
export class SlabStream {
  /** Shapes of the outputs on the whole volume. */
  readonly outputShapes: readonly (readonly number[])[];
  private readonly made = new Map<Step, number>();
  private readonly delivered: number[];
  private readonly readers = new Map<Value, {reading: Reading; step: Step}[]>();
  private longest = 1;
  private disposed = false;

  private constructor(private readonly program: Program) {
    this.outputShapes = program.outputs.map(({shape}) => shape);
    this.delivered = program.outputs.map(() => 0);
    for (const step of program.steps) {
      this.made.set(step, 0);
      for (const reading of step.inputs) {
        this.readers.set(reading.value, [...(this.readers.get(reading.value) ?? []), {reading, step}]);
      }
    }
  }

  /** @internal */
  static of(program: Program): SlabStream {
    return new SlabStream(program);
  }

  /**
   * The input frames that a frame of an output depends on, computed from the layers' kernels, strides and dilations: the
   * receptive field. Those outside the volume are zeros. What lies behind the frame itself is how long it waits for.
   *
   * @param output which output, where the model has several
   */
  framesRead(frame: number, output = 0): {readonly first: number; readonly last: number} {
    const {outputs, steps, inputs} = this.program;
    const read = new Map([[outputs[output]!, {first: frame, last: frame}]]);
    for (const step of [...steps].reverse()) {
      const made = read.get(step.output);
      if (made === undefined) continue;
      for (const {value, span} of step.inputs) {
        const known = read.get(value) ?? {first: Infinity, last: -Infinity};
        const first = Math.min(known.first, firstRead(span, made.first));
        read.set(value, {first, last: Math.max(known.last, lastRead(span, made.last))});
      }
    }
    const ranges = inputs.flatMap((value) => read.get(value) ?? []);
    return {
      first: Math.min(...ranges.map(({first}) => first)),
      last: Math.max(...ranges.map(({last}) => last)),
    };
  }

  /** How many input frames have come. */
  get frames(): number {
    return this.program.inputs[0]!.frames.end;
  }

  /**
   * Takes the next frames and gives what can be computed now. What a frame needs of later frames it waits for; with the
   * last frame of the volume everything comes out.
   *
   * @param slab `[batch, frames, height, width, channels]`, any number of frames; or one tensor for each input of the
   *     model, with as many frames each. They stay the caller's
   * @returns pieces of the outputs in the order of their frames, one at a time, so that each can be dealt with before
   *     the next one is computed; whoever ends early goes on in the next push
   * @throws InvalidArgumentError for another shape than the stream was made for, or more frames than it has
   */
  *push(slab: Tensor | readonly Tensor[]): Generator<OutputSlab, void> {
    const slabs = (Array.isArray(slab) ? slab : [slab]) as readonly Tensor[];
    this.longest = Math.max(this.longest, this.checked(slabs));
    this.program.inputs.forEach((value, i) => {
      value.frames.append(slabs[i]!.clone());
    });
    for (let busy = true; busy; ) {
      // One turn of every step: in the end, too, no value has many more frames than a slab.
      busy = false;
      for (const step of this.program.steps) busy = this.advance(step) || busy;
      yield* this.deliver();
    }
  }

  /** Frees all that it holds. A second call does nothing. */
  dispose(): void {
    this.disposed = true;
    for (const {inputs, output} of this.program.steps) {
      for (const value of [...inputs.map((reading) => reading.value), output]) value.frames.dispose();
    }
    for (const {frames} of this.program.inputs) frames.dispose();
  }

  /** Computes the next frames of a step, if there are any; whether there were. */
  private advance(step: Step): boolean {
    const {output} = step;
    const first = this.made.get(step)!;
    const count = this.ready(step) - first;
    if (count <= 0) return false;
    const ranges = step.inputs.map((reading) => stretch(step, reading, {first, count}));
    const values = tidy(() => {
      const inputs = step.inputs.map(({value}, i) => {
        const {first: from, count: frames} = ranges[i]!;
        return value.frames.take(from, from + frames);
      });
      return step.run(inputs, {input: ranges[0]!, output: {first, count}});
    });
    output.frames.append(values);
    this.made.set(step, first + count);
    for (const {value} of step.inputs) this.release(value);
    this.release(output);
    return true;
  }

  /** How many frames of a step there can be after its next turn. */
  private ready(step: Step): number {
    const {length} = step.output.frames;
    const possible = step.inputs.map(({value: {frames}, span}) => {
      if (frames.end === frames.length) return length;
      const usable = frames.end - modulo(frames.end - frames.length, step.period);
      return Math.min(length, usable > 0 ? outputsOf(span, usable) : 0);
    });
    const turn = Math.max(1, Math.ceil((this.longest * length) / this.program.inputs[0]!.frames.length));
    const most = this.made.get(step)! + Math.ceil(turn / step.together) * step.together;
    const end = Math.min(most, ...possible);
    return end === length ? length : end - (end % step.together);
  }

  private *deliver(): Generator<OutputSlab, void> {
    for (const [output, value] of this.program.outputs.entries()) {
      const first = this.delivered[output]!;
      const {end} = value.frames;
      if (end === first) continue;
      const values = value.frames.take(first, end);
      this.delivered[output] = end;
      this.release(value);
      yield {output, first, values};
    }
  }

  /** Frees the frames of a value that nobody will read again. */
  private release(value: Value): void {
    const {length} = value.frames;
    const needed = (this.readers.get(value) ?? []).map(({reading, step}) => {
      const next = this.made.get(step)!;
      return next === step.output.frames.length
        ? length
        : stretch(step, reading, {first: next, count: 1}).first;
    });
    const awaited = this.program.outputs.flatMap((output, i) => (output === value ? this.delivered[i]! : []));
    value.frames.dropBefore(Math.min(length, ...needed, ...awaited));
  }

  /** The frames that a push brings. */
  private checked(slabs: readonly Tensor[]): number {
    const {inputs} = this.program;
    const refuse = (problem: string): never => {
      throw new InvalidArgumentError(`SlabStream.push: ${problem}`);
    };
    if (this.disposed) refuse('the stream was disposed of; make another one.');
    const count = slabs[0]?.shape[1] ?? 0;
    const fits = inputs.every(({shape}, i) => {
      const is = slabs[i]?.shape;
      return (
        is?.length === shape.length &&
        shape.every((length, axis) => (axis === 1 ? is[axis] === count : is[axis] === length))
      );
    });
    const text = (shape: readonly number[]) => `[${shape.join(', ')}]`;
    if (slabs.length !== inputs.length || !fits || count < 1) {
      refuse(
        `got ${slabs.map(({shape}) => text(shape)).join(' and ') || 'nothing'}; the stream takes frames of ` +
          `${inputs.map(({shape}) => text(shape)).join(' and ')}, one or more along axis 1.`,
      );
    }
    const left = inputs[0]!.frames.length - this.frames;
    if (count > left) refuse(`got ${count} frames; ${left} of ${inputs[0]!.frames.length} are left.`);
    return count;
  }
}

function modulo(value: number, period: number): number {
  return ((value % period) + period) % period;
}

/** The frames of an input that a step is given for some frames of its output, see `Step.period`. */
function stretch({period}: Step, {value, span}: Reading, {first, count}: FrameRange): FrameRange {
  const {length} = value.frames;
  const from = Math.min(Math.max(0, firstRead(span, first)), length - 1);
  const begin = from - (from % period);
  const to = Math.min(length, Math.max(lastRead(span, first + count - 1) + 1, begin + 1));
  const end = to + modulo(length - to, period);
  return {first: begin, count: end - begin};
}
