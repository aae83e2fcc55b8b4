/** Plans a product from its shapes, and runs it. */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Activation} from '../../../geometry/kernel_names';
import type {Product} from '../../../geometry/products';
import {activationValues} from '../activations';
import {type Program, run} from '../program';
import {formOf} from './forms';
import {type Epilogue, productProgram} from './product_program';

export interface Operands {
  readonly source: TensorInfo;
  readonly weights: TensorInfo;
  readonly bias?: TensorInfo | undefined;
  readonly residual?: TensorInfo | undefined;
}

/** What depends on shapes alone. */
export interface ProductPlan {
  readonly outputShape: readonly number[];
  readonly direction: Product['direction'];
  readonly program: Program;
  readonly values: readonly (readonly number[])[];
}

export function planProduct(product: Product, epilogue: Epilogue): ProductPlan {
  const {info, direction} = product;
  const outputShape = direction === 'forward' ? info.outputShape : info.inputShape;
  return {outputShape, direction, ...productProgram(product, formOf(product), epilogue)};
}

/** @param operands those of the epilogue that was planned, and no others */
export function runProduct(
  backend: MathBackendWebGL,
  {outputShape, direction, program, values}: ProductPlan,
  {source, weights, bias, residual}: Operands,
  activation: Activation = 'linear',
): TensorInfo {
  const inputs = [source, weights, bias, residual].filter((tensor) => tensor !== undefined);
  const ends = direction === 'forward' ? activationValues(activation) : [];
  return run(backend, program, inputs, outputShape, [...values, ...ends]);
}
