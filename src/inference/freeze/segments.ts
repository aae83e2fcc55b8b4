/**
 * Steps in a row that run as one recording, where the backend can record (geometry/recording.ts): what a step does in
 * JavaScript, to find shapes, plans, memory and addresses, is done once for a size.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {RowPlace} from '../../geometry/conv_info';
import type {Recording} from '../../geometry/recording';
import {sameShape} from '../../util/shapes';
import {joinsOf} from './joins';
import type {Turn} from './schedule';
import type {ConvolutionStep} from './steps/convolution';
import type {DirectKernels} from './steps/direct_kernels';
import type {RunnableStep} from './steps/step';

/** The turns from one on, up to the first that takes more than kernels of ours. */
export interface Segment {
  /** The turn behind it. */
  readonly end: number;
  /** Values from before it. */
  readonly reads: readonly number[];
  /** Its own values that are read after it, or wanted. */
  readonly makes: readonly number[];
  /** Those from before it that nobody reads after it. */
  readonly spent: readonly number[];
  readonly recording: Recording;
}

interface KnownSegment extends Segment {
  readonly kernels: DirectKernels;
  /** Of what it reads. */
  readonly shapes: readonly (readonly number[])[];
}

/** Sizes for which a segment is kept: a program that runs at more of them records anew. */
const MOST_SIZES = 4;

export class Segments {
  /** By their first turn, the latest first. */
  private readonly known = new Map<number, KnownSegment[]>();

  private readonly joins;

  constructor(private readonly turns: readonly Turn[]) {
    this.joins = joinsOf(turns);
  }

  /**
   * The segment that begins with a turn; undefined where there is none.
   *
   * @param infoOf a value from before the turn; undefined for those that are not there yet
   */
  from(
    first: number,
    infoOf: (value: number) => TensorInfo | undefined,
    kernels: DirectKernels,
  ): Segment | undefined {
    const {runDirectly}: RunnableStep = this.turns[first]!.step;
    if (runDirectly === undefined) return undefined;
    const known = (this.known.get(first) ?? []).filter(
      (one) => one.recording.isCurrent && one.kernels.areThose(kernels),
    );
    const fits = ({reads, shapes}: KnownSegment) =>
      reads.every((value, i) => isLike(infoOf(value)!, shapes[i]!));
    const found = known.find(fits) ?? this.record(first, infoOf, kernels);
    if (found === undefined) return undefined;
    this.known.set(first, [found, ...known.filter((one) => one !== found)].slice(0, MOST_SIZES));
    return found;
  }

  private record(
    first: number,
    infoOf: (value: number) => TensorInfo | undefined,
    kernels: DirectKernels,
    mayJoin = true,
  ): KnownSegment | undefined {
    const tape = kernels.beginTape();
    if (tape === undefined) return undefined;
    const reads: number[] = [];
    const values = new Map<number, TensorInfo>();
    const onTape = (value: number): TensorInfo => {
      const known = values.get(value);
      if (known !== undefined) return known;
      const given = tape.given(infoOf(value)!);
      reads.push(value);
      values.set(value, given);
      return given;
    };
    const made = new Set<number>();
    /** Values of concatenations that convolutions write, up to the turn of the concatenation. */
    const joining = new Map<number, TensorInfo>();
    let end = first;
    for (; end < this.turns.length; end++) {
      const turn = this.turns[end]!;
      // Made with a sibling before the segment: the run has it, and frees it after its own turn.
      if (infoOf(turn.outputs[0]!) !== undefined) break;
      if (made.has(turn.outputs[0]!)) continue;
      const join = mayJoin ? this.joins.get(turn) : undefined;
      const place = join !== undefined && join.first >= first ? join.places.get(turn) : undefined;
      const joined = join && joining.get(join.value);
      if (join !== undefined && joined !== undefined && place === undefined) {
        values.set(join.value, joined);
        made.add(join.value);
        joining.delete(join.value);
        continue;
      }
      const numbers: number[] = [];
      const recorded = tape.record(() =>
        (place === undefined
          ? runDirectly(turn, onTape, kernels)
          : runInto(turn, place, joined, onTape, kernels)
        ).map(([value, info]) => {
          numbers.push(value);
          return info;
        }),
      );
      if (recorded.length === 0) break;
      for (const [i, value] of numbers.entries()) {
        values.set(value, recorded[i]!);
        made.add(value);
        if (place !== undefined) joining.set(join!.value, recorded[i]!);
      }
    }
    // What the concatenation is to read was not made.
    if (joining.size > 0) return this.record(first, infoOf, kernels, false);
    if (end === first) return undefined;
    const spent = new Set(this.turns.slice(first, end).flatMap((turn) => turn.spent));
    const makes = [...made].filter((value) => !spent.has(value));
    return {
      ...{end, reads, makes, kernels},
      spent: [...spent].filter((value) => !made.has(value)),
      shapes: reads.map((value) => [...infoOf(value)!.shape]),
      recording: tape.finish(makes.map((value) => values.get(value)!)),
    };
  }
}

/**
 * A turn by kernels of ours alone, with its siblings where that is one kernel: numbers of values and what they are. Nothing
 * where it takes more.
 */
export function runDirectly(
  {step, inputs, outputs, siblings}: Turn,
  infoOf: (value: number) => TensorInfo,
  kernels: DirectKernels,
): [number, TensorInfo][] {
  if (siblings.length > 0 && step.kind === 'convolution') {
    const others = siblings.map((turn) => turn.step as ConvolutionStep);
    const made = step.runTogether(infoOf(inputs[0]!), others, kernels);
    const numbers = [outputs[0]!, ...siblings.map((turn) => turn.outputs[0]!)];
    if (made.length > 0) return made.map((info, i) => [numbers[i]!, info]);
  }
  const runnable: RunnableStep = step;
  const made = runnable.runDirectly?.(inputs.map(infoOf), kernels);
  return made === undefined ? [] : [[outputs[0]!, made]];
}

/** A turn of a convolution into some channels of a wider value, as which its own is known from then on: none but a concatenation reads it. */
function runInto(
  {step, inputs, outputs}: Turn,
  place: RowPlace,
  joined: TensorInfo | undefined,
  infoOf: (value: number) => TensorInfo,
  kernels: DirectKernels,
): [number, TensorInfo][] {
  const made = (step as ConvolutionStep).runInto(infoOf(inputs[0]!), place, joined, kernels);
  return made === undefined ? [] : [[outputs[0]!, made]];
}

/** Values of other types no tape takes. */
function isLike({shape, dtype}: TensorInfo, of: readonly number[]): boolean {
  return dtype === 'float32' && sameShape(shape, of);
}
