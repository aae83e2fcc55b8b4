/** Runs an ONNX file in ONNX Runtime, whose two packages, native and WebAssembly, have one interface. */
import type * as tf from '@tensorflow/tfjs-core';
import type {InferenceSession, Tensor, TensorConstructor} from 'onnxruntime-common';

/** What onnxruntime-node and onnxruntime-web have in common. */
export interface OnnxRuntime {
  InferenceSession: {
    create(bytes: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  Tensor: TensorConstructor;
}

export interface OnnxOutput {
  name: string;
  shape: readonly number[];
  values: Float32Array;
}

/** The outputs for these inputs, both in the order of the file. */
export async function runOnnx(
  ort: OnnxRuntime,
  bytes: Uint8Array,
  inputs: readonly tf.Tensor[],
): Promise<OnnxOutput[]> {
  const session = await ort.InferenceSession.create(bytes);
  try {
    const feeds = session.inputNames.map((name, i): [string, Tensor] => {
      const {shape} = inputs[i]!;
      return [name, new ort.Tensor('float32', inputs[i]!.dataSync() as Float32Array, shape)];
    });
    const results = await session.run(Object.fromEntries(feeds));
    return session.outputNames.map((name) => {
      const {dims, data} = results[name]!;
      return {name, shape: dims, values: data as Float32Array};
    });
  } finally {
    await session.release();
  }
}

/** The largest difference of two lists of one length; infinite for a NaN and for lists of two lengths. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs(a[i]! - b[i]!);
    if (!(apart <= most)) most = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
  }
  return most;
}
