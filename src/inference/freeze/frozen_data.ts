/**
 * A frozen model as plain data: values by name, steps that make values of values, tensors by name. It survives
 * `structuredClone` and `postMessage`; all of it but the tensors survives JSON. What a step does is steps/.
 */
import type {DataType} from '@tensorflow/tfjs-core';
import type {PartialShape} from '../../util/shapes';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The version that this code writes and reads. */
export const FROZEN_VERSION = 1;

/** An input of the model, which is a value by its name. */
export interface FrozenInput {
  readonly name: string;
  readonly dtype: DataType;
  /** As in the LayersModel. */
  readonly shape: PartialShape;
  /** The lengths that the layers which read it insist on. */
  readonly accepts: PartialShape;
}

/** An output of the model. */
export interface FrozenOutput {
  /** As in the LayersModel's `outputNames`. */
  readonly name: string;
  /** The value that it is. */
  readonly value: string;
  readonly dtype: DataType;
  /** As in the LayersModel. */
  readonly shape: PartialShape;
  readonly kind: 'logits' | 'probabilities';
}

/** One layer or fused convolution. */
export interface FrozenStep {
  /** What it does, see steps/step_ops.ts. */
  readonly op: string;
  readonly settings: JsonObject;
  /** Values that it reads: inputs of the model, or outputs of steps before it. */
  readonly inputs: readonly string[];
  /** Values that it makes; the names are those of layers of the LayersModel. */
  readonly outputs: readonly string[];
  /** Its tensors: the name of each by what it is to the step. Several steps may share one. */
  readonly tensors: Readonly<Record<string, string>>;
  /** Whether the masks of its inputs are handed to it and those that it makes go with its outputs. */
  readonly masked?: boolean;
}

/** All of a frozen model but its tensors. */
export interface FrozenGraph {
  readonly version: number;
  /** Of the LayersModel. */
  readonly name: string;
  readonly inputs: readonly FrozenInput[];
  readonly outputs: readonly FrozenOutput[];
  /** In an order in which they can run. */
  readonly steps: readonly FrozenStep[];
}

export interface FrozenTensor {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  /** In row-major order: a Float32Array, an Int32Array, or of truth values a Uint8Array. */
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** What `FrozenModel.toData` gives and `FrozenModel.fromData` takes. */
export interface FrozenModelData extends FrozenGraph {
  readonly tensors: Readonly<Record<string, FrozenTensor>>;
}
