/**
 * Matrix products with one matrix of weights, `tf.matMul` and what dense layers call, on the wasm backend: a pointwise
 * convolution whose positions are the rows, and its gradients. The host's takes several times as long, and one thread; it packs the
 * weights of every training step anew, and its transposed products are plain loops.
 */
import {
  _FusedMatMul,
  BatchMatMul,
  type BatchMatMulAttrs,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../../geometry/conv_info';
import type {Activation, IndirectConv3DInputs} from '../../../geometry/kernel_names';
import {conv3dInfo} from '../../../geometry/ordinary_info';
import {Kept} from '../../../util/kept';
import {type Shape5D, sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';
import {convolve} from './IndirectConv3D';
import {backpropFilter} from './IndirectConv3DBackpropFilter';
import {backpropInput} from './IndirectConv3DBackpropInput';

/** Columns and inputs from which on ours is the faster one. */
const LEAST_CHANNELS = 8;

/** By rows, inputs and columns: kernels keep their plans by them. */
const infos = new Kept<ConvInfo>(64);

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

/** The last two axes, and the length of all before them. */
function matricesOf({shape}: TensorInfo): [count: number, height: number, width: number] {
  const [height, width] = shape.slice(-2) as [number, number];
  return [sizeOf(shape.slice(0, -2)), height, width];
}

/**
 * Rows `[..., rows, inputs]` by one matrix `[inputs, columns]`, and the two gradients of that: rows by the matrix transposed, and
 * rows transposed by rows, which are summed over, of one batch.
 */
function takes({a, b, bias}: Inputs, {transposeA, transposeB, activation = 'linear'}: Attrs): boolean {
  const isPlain = bias == null && activation === 'linear';
  if ([a!, b!, ...(bias == null ? [] : [bias])].some(({dtype}) => dtype !== 'float32')) return false;
  if ((transposeA || transposeB) && (transposeA === transposeB || !isPlain)) return false;
  const [[batch, , length], [matrices, height, width]] = [matricesOf(a!), matricesOf(b!)];
  if (matrices !== 1 || (transposeA && batch !== 1)) return false;
  return (
    sizeOf(a!.shape) > 0 &&
    Math.min(transposeA ? length : height, width) >= LEAST_CHANNELS &&
    (bias == null || (bias.shape.length === 1 && bias.shape[0] === width)) &&
    Object.hasOwn(ACTIVATIONS, activation)
  );
}

function multiply(
  {a, b, bias}: Inputs,
  {transposeA, transposeB, activation = 'linear'}: Attrs,
  runtime: WasmRuntime,
): TensorInfo {
  const [[batch, rows, length], [, height, width]] = [matricesOf(a!), matricesOf(b!)];
  // Of the convolution whose gradients these are, if they are.
  const [inputs, columns] = transposeA ? [length, width] : [height, width];
  const info = infos.get([batch * rows, inputs, columns].join(), () =>
    conv3dInfo([1, 1, 1, batch * rows, inputs], [1, 1, 1, inputs, columns]),
  );
  const {inputShape, filterShape, outputShape} = info;
  const reshaped = (tensor: TensorInfo, shape: Shape5D): TensorInfo => ({...tensor, shape});
  // The matrix has axes of 1 alone before its own, perhaps more than there are before the rows.
  const outer = [...b!.shape.slice(a!.shape.length).fill(1), ...a!.shape.slice(0, -2)];
  const result = (tensor: TensorInfo, ...matrix: number[]) => ({...tensor, shape: [...outer, ...matrix]});
  if (transposeA) {
    const operands = {x: reshaped(a!, inputShape), dy: reshaped(b!, outputShape)};
    return result(backpropFilter(runtime, operands, info), inputs, columns);
  }
  const filter = reshaped(b!, filterShape);
  if (transposeB) {
    return result(backpropInput(runtime, {dy: reshaped(a!, outputShape), filter}, info), rows, inputs);
  }
  const operands = {x: reshaped(a!, inputShape), filter, ...(bias != null && {bias})} as IndirectConv3DInputs;
  return result(convolve(runtime, operands, info, ACTIVATIONS[activation]), rows, columns);
}

const matrixProduct = (kernelName: string): StockReplacement => ({
  ...wasmKernel(kernelName, ({inputs, attrs}, runtime) => multiply(inputs, attrsOf(attrs), runtime)),
  takes: ({inputs, attrs}) => takes(inputs, attrsOf(attrs)),
});

export const matrixProductConfigs: readonly StockReplacement[] = [BatchMatMul, _FusedMatMul].map(
  matrixProduct,
);
