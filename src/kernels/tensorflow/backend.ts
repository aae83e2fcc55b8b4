/**
 * The backend of tfjs-node and tfjs-node-gpu as far as the kernels of this folder see it: ops of TensorFlow by name, with
 * attributes of its own types. Nothing is imported of either package: their native half need not be there.
 */
import {
  type BackendValues,
  concat,
  type DataType,
  reshape as hostReshape,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** An attribute of an op; `type` is one of TensorFlow's numbers for types of attributes, which the binding has. */
export interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

type AttributeType = 'TF_ATTR_STRING' | 'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_TYPE';

/** What is used of the host's NodeJSKernelBackend (tfjs-node/src/nodejs_kernel_backend.ts). */
export interface TensorFlowBackend {
  readonly binding: Readonly<Record<AttributeType, number>>;
  /** Whether ops run on a GPU: it takes tfjs-node-gpu, a GPU, and CUDA's libraries. */
  readonly isUsingGpuDevice: boolean;
  getDTypeInteger(dtype: DataType): number;
  /** Keeps values until `disposeData`; the engine does not know of them. */
  write(values: BackendValues, shape: number[], dtype: DataType): DataId;
  disposeData(id: DataId): boolean;
  incRef(id: DataId): void;
  executeSingleOutput(op: string, attributes: Attribute[], inputs: TensorInfo[]): Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: Attribute[],
    inputs: TensorInfo[],
    outputs: number,
  ): Tensor[];
}

type DataId = TensorInfo['dataId'];

/** The host types the backend of a kernel as unknown. The one cast. */
export function tensorFlowOf(backend: unknown): TensorFlowBackend {
  return backend as TensorFlowBackend;
}

const types = {
  boolean: 'TF_ATTR_BOOL',
  string: 'TF_ATTR_STRING',
} as const;

/** Attributes from plain values: strings, truth values and whole numbers, or lists of these; `T` is the type of the values. */
export function attributes(
  backend: TensorFlowBackend,
  values: Record<string, string | boolean | number | readonly number[]>,
  floats: Record<string, number> = {},
  dtype: DataType = 'float32',
): Attribute[] {
  const of = (name: string, type: AttributeType, value: unknown) => ({
    name,
    type: backend.binding[type],
    value,
  });
  return [
    typeAttribute(backend, 'T', dtype),
    ...Object.entries(values).map(([name, value]) =>
      of(name, types[typeof value as 'string'] ?? 'TF_ATTR_INT', value),
    ),
    ...Object.entries(floats).map(([name, value]) => of(name, 'TF_ATTR_FLOAT', value)),
  ];
}

/** An attribute that is a type: `Tshape`, `U`. */
export function typeAttribute(backend: TensorFlowBackend, name: string, dtype: DataType): Attribute {
  return {name, type: backend.binding.TF_ATTR_TYPE, value: backend.getDTypeInteger(dtype)};
}

type Ranked = {1: Tensor1D; 2: Tensor2D; 3: Tensor3D; 4: Tensor4D; 5: Tensor5D};
type OfShape<S extends readonly number[]> = S['length'] extends keyof Ranked ? Ranked[S['length']] : Tensor;

export function isOfShape(x: TensorInfo, shape: readonly number[]): boolean {
  return x.shape.length === shape.length && shape.every((n, axis) => n === x.shape[axis]);
}

/** Itself where it has the shape: a tensor of this backend has one shape alone, and a view is a call of an op. */
export function reshape<const S extends readonly number[]>(x: Tensor, shape: S): OfShape<S> {
  return (isOfShape(x, shape) ? x : hostReshape(x, [...shape])) as OfShape<S>;
}

/** Whether a tensor holds no value: TensorFlow's gradients of such leave in their results what was in the memory, or refuse. */
export function isEmpty({size}: Tensor): boolean {
  return size === 0;
}

/** The sum of tensors of one shape, in one pass. */
export function addAll<T extends Tensor>(backend: TensorFlowBackend, terms: readonly T[]): T {
  if (terms.length === 1) return terms[0]!;
  return backend.executeSingleOutput('AddN', attributes(backend, {N: terms.length}), [...terms]) as T;
}

/** Terms of the values from a channel on. */
export type ChannelTerm = readonly [channel: number, term: Tensor5D];

/** The sums of terms of the same channels, side by side in the order of their channels. */
export function sumByChannel(backend: TensorFlowBackend, terms: readonly ChannelTerm[]): Tensor5D {
  const channels = [...new Set(terms.map(([channel]) => channel))].sort((a, b) => a - b);
  const sums = channels.map((channel) =>
    addAll(
      backend,
      terms.filter(([of]) => of === channel).map(([, term]) => term),
    ),
  );
  return sums.length === 1 ? sums[0]! : concat(sums, 4);
}
