/**
 * Matrix products with one matrix of weights, `tf.matMul` and what dense layers call, on the wasm backend: a pointwise
 * convolution whose positions are the rows. The host's takes several times as long, and one thread.
 */
import {
  _FusedMatMul,
  BatchMatMul,
  type BatchMatMulAttrs,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {conv3dInfo} from '../../../geometry/conv_info';
import type {Activation, IndirectConv3DInputs} from '../../../geometry/kernel_names';
import type {StockReplacement} from '../../registry';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';
import {convolve} from './IndirectConv3D';

/** With fewer rows the weights, which are packed first, are hardly used. */
const LEAST_ROWS = 16;

/** Columns and inputs that fill the tiles. */
const LEAST_CHANNELS = 32;

/** Ours of the host's; its prelu has weights. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  elu: 'elu',
};

interface Inputs {
  readonly a?: TensorInfo;
  readonly b?: TensorInfo;
  readonly bias?: TensorInfo | null;
}

type Attrs = BatchMatMulAttrs & {readonly activation?: string};

/** The host types attributes as an open map. */
const attrsOf = (attrs: NamedAttrMap | undefined) => attrs as unknown as Attrs;

/** Rows `[batch, rows, inputs]` by one matrix `[1, inputs, columns]`, both as they lie. */
function takes({a, b, bias}: Inputs, {transposeA, transposeB, activation = 'linear'}: Attrs): boolean {
  const [[batch, rows, inputs], [matrices, , columns]] = [a!.shape, b!.shape] as [number[], number[]];
  return (
    ![transposeA, transposeB].includes(true) &&
    [a!, b!, ...(bias == null ? [] : [bias])].every(({dtype}) => dtype === 'float32') &&
    matrices === 1 &&
    batch! * rows! >= LEAST_ROWS &&
    Math.min(inputs!, columns!) >= LEAST_CHANNELS &&
    (bias == null || (bias.shape.length === 1 && bias.shape[0] === columns)) &&
    Object.hasOwn(ACTIVATIONS, activation)
  );
}

function multiply({a, b, bias}: Inputs, {activation = 'linear'}: Attrs, runtime: WasmRuntime): TensorInfo {
  const [batch, rows, inputs] = a!.shape as [number, number, number];
  const columns = b!.shape[2]!;
  const x = {...a!, shape: [1, 1, 1, batch * rows, inputs]};
  const filter = {...b!, shape: [1, 1, 1, inputs, columns]};
  const info = conv3dInfo(x.shape, filter.shape);
  const operands = {x, filter, ...(bias != null && {bias})} as IndirectConv3DInputs;
  const y = convolve(runtime, operands, info, ACTIVATIONS[activation]);
  return {...y, shape: [batch, rows, columns]};
}

const matrixProduct = (kernelName: string): StockReplacement => ({
  ...wasmKernel(kernelName, ({inputs, attrs}, runtime) => multiply(inputs, attrsOf(attrs), runtime)),
  takes: ({inputs, attrs}) => takes(inputs, attrsOf(attrs)),
});

export const matrixProductConfigs: readonly StockReplacement[] = [BatchMatMul, _FusedMatMul].map(
  matrixProduct,
);
