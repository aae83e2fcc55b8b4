/** Plans a product in the form that its shapes ask for, and runs it. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Activation} from '../../../geometry/kernel_names';
import {activationUniforms} from '../activations';
import {type Grid, gridOf, newTensor, type Program, type Quad, run} from '../program';
import {denseProgram} from './dense_program';
import {directGrid, directProgram} from './direct_program';
import type {Ending} from './ending';
import {type Product, productUniforms, type Segment} from './product';
import {type Tile, tileFor} from './tiles';
import {walkedRule, walkProgram} from './walk_program';

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

/** One step, or two where a depthwise product is walked in part alone: the half of an STS convolution that moves. */
export function stepsOf(product: Product, ending: Ending): Step[] {
  const narrow = product.segments.some(
    ({columns, terms}) => columns < LEAST_COLUMNS || terms.some(({depth}) => depth < LEAST_DEPTH),
  );
  if (!narrow) return [denseStep(product, ending, tileFor(product))];
  const isWalked = (segment: Segment) => walkedRule(product, segment) !== undefined;
  const rest = product.segments.filter((segment) => !isWalked(segment));
  return [
    ...(rest.length > 0 ? [directStep({...product, segments: rest}, ending)] : []),
    ...product.segments
      .filter(isWalked)
      .map((segment) => walkProgram({...product, segments: [segment]}, ending)),
  ];
}

export function denseStep(product: Product, ending: Ending, tile: Tile): Step {
  const {values, columnTiles} = productUniforms(product, tile.columns);
  return {
    program: denseProgram(product, tile, ending),
    grid: gridOf(columnTiles, Math.ceil(product.rows / tile.rows)),
    values,
  };
}

export function directStep(product: Product, ending: Ending): Step {
  const {values} = productUniforms(product, 1);
  return {program: directProgram(product, ending), grid: directGrid(product), values};
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
  ending: Ending,
  steps: (product: Product, ending: Ending) => readonly Step[] = stepsOf,
): ProductPlan {
  const {info, direction} = product;
  const outputShape = direction === 'forward' ? info.outputShape : info.inputShape;
  return {outputShape, direction, steps: steps(product, ending)};
}

/** @param operands those of the ending that was planned, and no others */
export function runProduct(
  backend: WebGPUBackend,
  {outputShape, direction, steps}: ProductPlan,
  {source, weights, bias, residual}: Operands,
  activation: Activation = 'linear',
): TensorInfo {
  const output = newTensor(backend, outputShape);
  const inputs = [source, weights, bias, residual].filter((tensor) => tensor !== undefined);
  const ends = direction === 'forward' ? activationUniforms(activation) : [];
  for (const {program, grid, values} of steps) {
    run(backend, program, inputs, output, grid, [...values, ...ends]);
  }
  return output;
}
