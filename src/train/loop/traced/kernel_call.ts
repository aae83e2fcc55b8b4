/** A call of a kernel in a program (kernel_program.ts), on numbered values. */
import type * as tf from '@tensorflow/tfjs-core';

/**
 * A value in a shape. Values are numbered: those that each run is given, constants, those that are drawn, and those that kernels make.
 */
export interface Operand {
  readonly value: number;
  readonly shape: number[];
  readonly dtype: tf.DataType;
}

/** Left out are undefined, as for the kernel itself. */
type Operands = readonly (readonly [name: string, operand: Operand | undefined])[];

export interface KernelCall {
  readonly kernel: tf.KernelConfig;
  readonly inputs: Operands;
  /** Kernels of lists are given an array. */
  readonly isList: boolean;
  readonly attrs: tf.NamedAttrMap | undefined;
  /** Numbers of the first value that it makes and of the one behind its last. */
  readonly first: number;
  readonly end: number;
}

/** Calls the kernel on the values that its operands are; returns what it makes. */
export function callKernel(
  {kernel, inputs: operands, isList, attrs}: KernelCall,
  backend: ReturnType<typeof tf.backend>,
  infoOf: (operand: Operand) => tf.TensorInfo,
): tf.TensorInfo[] {
  const inputs = (isList ? [] : {}) as tf.NamedTensorInfoMap;
  for (const [name, operand] of operands) inputs[name] = (operand && infoOf(operand)) as tf.TensorInfo;
  // Those without attributes ask for none.
  return [kernel.kernelFunc({inputs, attrs: attrs as tf.NamedAttrMap, backend})].flat();
}
