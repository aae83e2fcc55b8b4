/** What a slab stream runs: steps over values, each step a layer or a fused convolution that works frame by frame. */
import type {Tensor} from '@tensorflow/tfjs-core';
import type {FrameRange} from '../../geometry/conv_frames';
import {Frames} from './frames';
import type {Span} from './span';

/** How a step reads one of its inputs. */
export interface Reading {
  readonly value: Value;
  readonly span: Span;
}

/** Some frames of the input that is given, and those of the output that are asked for. */
export interface Place {
  readonly input: FrameRange;
  readonly output: FrameRange;
}

export interface Step {
  readonly inputs: readonly Reading[];
  readonly output: Value;
  /** Output frames come in multiples of this, up to the last ones. */
  readonly together: number;
  /**
   * The stretch of input that a step is given begins at a multiple of this and ends where as many frames are left as
   * one of all frames would leave: padding is then the same on a stretch as on the whole.
   */
  readonly period: number;
  /** The output frames that `place` asks for, from what each input was read for it; `place.input` is the first one's. */
  run(inputs: readonly Tensor[], place: Place): Tensor;
}

/** A value of the model: what it is on the whole volume, and what of it is there. */
export class Value {
  readonly frames: Frames;

  /** @param shape on the whole volume */
  constructor(readonly shape: readonly number[]) {
    this.frames = new Frames(shape);
  }
}
