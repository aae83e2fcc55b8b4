/** Runs a product in the form that its shapes ask for. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Activation} from '../../../geometry/kernel_names';
import {activationUniforms} from '../activations';
import {type Grid, gridOf, newTensor, type Program, run} from '../program';
import {denseProgram} from './dense_program';
import {directGrid, directProgram} from './direct_program';
import type {Ending} from './ending';
import {type Product, productUniforms} from './product';
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

/** The tile in which a product is computed, or undefined for the direct form. */
export function formOf(product: Product): Tile | undefined {
  const narrow = product.segments.some(
    ({columns, terms}) => columns < LEAST_COLUMNS || terms.some(({depth}) => depth < LEAST_DEPTH),
  );
  return narrow ? undefined : tileFor(product);
}

export function runProduct(
  backend: WebGPUBackend,
  product: Product,
  {source, weights, bias, residual}: Operands,
  activation: Activation = 'linear',
  tile: Tile | undefined = formOf(product),
): TensorInfo {
  const {info, direction, rows} = product;
  const output = newTensor(backend, direction === 'forward' ? info.outputShape : info.inputShape);
  const ending: Ending = {bias: bias !== undefined, residual: residual !== undefined};
  const {values, columnTiles} = productUniforms(product, tile?.columns ?? 1);
  const [program, grid]: [Program, Grid] =
    tile === undefined
      ? [directProgram(product, ending), directGrid(product)]
      : [denseProgram(product, tile, ending), gridOf(columnTiles, Math.ceil(rows / tile.rows))];
  const inputs = [source, weights, bias, residual].filter((tensor) => tensor !== undefined);
  const ends = direction === 'forward' ? activationUniforms(activation) : [];
  run(backend, program, inputs, output, grid, [...values, ...ends]);
  return output;
}
