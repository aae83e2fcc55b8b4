/** A reader of the golden .safetensors files, ten lines of its own: the package's reader is itself under test. */
export interface GoldenTensor {
  shape: number[];
  values: Float32Array;
}

/** The float32 tensors of a file, by name. */
export function readGoldenTensors(bytes: Uint8Array): Map<string, GoldenTensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header: Record<string, {dtype: string; shape: number[]; data_offsets: [number, number]}> = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, start)),
  );
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (entry.dtype !== 'F32') continue;
    const [begin, end] = entry.data_offsets;
    tensors.set(name, {
      shape: entry.shape,
      values: new Float32Array(Uint8Array.from(bytes.subarray(start + begin, start + end)).buffer),
    });
  }
  return tensors;
}

/** Reorders axes: `order[i]` is the old axis that becomes axis i. */
export function permute({shape, values}: GoldenTensor, order: readonly number[]): GoldenTensor {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((size, n) => size * n, 1));
  const newShape = order.map((axis) => shape[axis]!);
  const result = new Float32Array(values.length);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < result.length; i++) {
    result[i] = values[order.reduce((at, axis, k) => at + index[k]! * strides[axis]!, 0)]!;
    for (let k = index.length - 1; k >= 0; k--) {
      index[k] = index[k]! + 1;
      if (index[k]! < newShape[k]!) break;
      index[k] = 0;
    }
  }
  return {shape: newShape, values: result};
}

/** PyTorch's `[n, c, t, h, w]` to `[n, t, h, w, c]`. */
export const toChannelsLast = (tensor: GoldenTensor) => permute(tensor, [0, 2, 3, 4, 1]);

/** PyTorch's filter `[out, in, kt, kh, kw]` to `[kt, kh, kw, in, out]`. */
export const toFilter = (tensor: GoldenTensor) => permute(tensor, [2, 3, 4, 1, 0]);

/** PyTorch's depthwise filter `[channels * multiplier, 1, kt, kh, kw]` to `[kt, kh, kw, channels * multiplier, 1]`. */
export const toDepthwiseFilter = (tensor: GoldenTensor) => permute(tensor, [2, 3, 4, 0, 1]);

type Header = Record<string, {dtype: string; shape: number[]; data_offsets: [number, number]}>;

/** The bytes of a tensor of bytes. */
export function readGoldenBytes(file: Uint8Array, name: string): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header: Header = JSON.parse(new TextDecoder().decode(file.subarray(8, start)));
  const [begin, end] = header[name]!.data_offsets;
  return file.subarray(start + begin, start + end);
}

/** The float64 tensors of a file, by name: values alone, in the file's order. */
export function readGoldenDoubles(bytes: Uint8Array): Map<string, Float64Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header: Record<string, {dtype: string; data_offsets: [number, number]}> = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, start)),
  );
  const doubles = Object.entries(header).filter(([, {dtype}]) => dtype === 'F64');
  return new Map(
    doubles.map(
      ([
        name,
        {
          data_offsets: [begin, end],
        },
      ]) => [name, new Float64Array(Uint8Array.from(bytes.subarray(start + begin, start + end)).buffer)],
    ),
  );
}
