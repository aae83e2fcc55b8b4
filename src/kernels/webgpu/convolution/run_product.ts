/** Plans a product in the form that its shapes ask for, and runs it. */

import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Activation} from '../../../geometry/kernel_names';
import type {Product, Quad, Segment} from '../../../geometry/products';
import {activationUniforms} from '../activations';
import {type Grid, gridOf, newTensor, type Program, run} from '../program';
import {denseProgram} from './dense_program';
import {directGrid, directProgram} from './direct_program';
import type {Epilogue} from './epilogue';
import {productUniforms} from './product';
import {sharesFrames, slidingProgram, slidingRule} from './sliding_program';
import {type Tile, tileFor} from './tiles';

/** Columns and depth of a group below which most of a tile would be empty. */
const LEAST_COLUMNS = 4;
const LEAST_DEPTH = 3;

export interface Operands {
  readonly source: TensorInfo;
  readonly weights: TensorInfo;
  readonly bias?: TensorInfo | undefined;
  readonly residual?: TensorInfo | undefined;
}

/** A dispatch: its program computes some columns of the product. */
export interface Step {
  readonly program: Program;
  readonly grid: Grid;
  readonly values: readonly Quad[];
}

/** One step, or two where a depthwise product slides in part alone and gains by it: the half of an STS convolution that moves. */
export function stepsOf(product: Product, epilogue: Epilogue): Step[] {
  const narrow = product.segments.some(
    ({columns, terms}) => columns < LEAST_COLUMNS || terms.some(({depth}) => depth < LEAST_DEPTH),
  );
  if (!narrow) return [denseStep(product, epilogue, tileFor(product))];
  const sliding = product.segments.filter((segment) => slidingRule(product, segment) !== undefined);
  const isSplit = sliding.length < product.segments.length;
  // A second step goes through the tensors once more; what makes up for that is a value that serves several frames.
  const gains = sliding.some((segment) => sharesFrames({...product, segments: [segment]}));
  return isSplit && !gains ? [directStep(product, epilogue)] : slidingSteps(product, epilogue);
}

/** A step for each segment that can slide, and one for all that cannot. */
export function slidingSteps(product: Product, epilogue: Epilogue): Step[] {
  const isSliding = (segment: Segment) => slidingRule(product, segment) !== undefined;
  const rest = product.segments.filter((segment) => !isSliding(segment));
  return [
    ...(rest.length > 0 ? [directStep({...product, segments: rest}, epilogue)] : []),
    ...product.segments
      .filter(isSliding)
      .map((segment) => slidingProgram({...product, segments: [segment]}, epilogue)),
  ];
}

export function denseStep(product: Product, epilogue: Epilogue, tile: Tile): Step {
  const {values, columnTiles} = productUniforms(product, tile.columns);
  return {
    program: denseProgram(product, tile, epilogue),
    grid: gridOf(columnTiles, Math.ceil(product.rows / tile.rows)),
    values,
  };
}

export function directStep(product: Product, epilogue: Epilogue): Step {
  const {values} = productUniforms(product, 1);
  return {program: directProgram(product, epilogue), grid: directGrid(product), values};
}

/** What depends on shapes alone. */
export interface ProductPlan {
  readonly outputShape: readonly number[];
  readonly direction: Product['direction'];
  readonly steps: readonly Step[];
}

/** @param steps default: those that suit the shapes */
export function planProduct(
  product: Product,
  epilogue: Epilogue,
  steps: (product: Product, epilogue: Epilogue) => readonly Step[] = stepsOf,
): ProductPlan {
  const {info, direction} = product;
  const outputShape = direction === 'forward' ? info.outputShape : info.inputShape;
  return {outputShape, direction, steps: steps(product, epilogue)};
}

/** @param operands those of the epilogue that was planned, and no others */
export function runProduct(
  backend: WebGPUBackend,
  {outputShape, direction, steps}: ProductPlan,
  {source, weights, bias, residual}: Operands,
  activation: Activation = 'linear',
): TensorInfo {
  const inputs = [source, weights, bias, residual].filter((tensor) => tensor !== undefined);
  const output = newTensor(backend, outputShape, inputs);
  const ends = direction === 'forward' ? activationUniforms(activation) : [];
  for (const {program, grid, values} of steps) {
    run(backend, program, inputs, output, grid, [...values, ...ends]);
  }
  return output;
}
