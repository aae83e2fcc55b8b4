/**
 * Where the kernels find tensors, and the one file that reaches into tfjs-backend-wasm (4.22). In place: our module
 * imports the backend's own memory and nothing is copied. Where that memory is out of reach, but its bytes can be
 * seen: our module has a memory of its own, tensors are copied there and results back with every kernel.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {DataId, TensorInfo} from '@tensorflow/tfjs-core';
import {UnavailableError} from '../../util/errors';
import {sizeOf} from '../../util/shapes';

/** What Emscripten leaves on its module object; the types of the backend declare a part of it. */
interface EmscriptenModule {
  /** The plain and the simd build keep the memory here, the threaded build in `wasmMemory`. */
  asm?: {memory?: unknown};
  wasmMemory?: unknown;
  HEAPU8?: unknown;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** Whether what was allocated outlasts the kernel that did it. */
  readonly lasts: boolean;
  /** Where the values of a tensor lie, until the kernel ends. */
  addressOf(tensor: TensorInfo): number;
  /** A new float32 tensor; its values are whatever lies there. */
  makeOutput(shape: number[]): TensorInfo;
  /**
   * The address of so many bytes. An allocation may grow the memory, which detaches views of it.
   *
   * @throws UnavailableError if there are none left
   */
  allocate(bytes: number): number;
  free(address: number): void;
  /** A kernel has ended: its outputs are to be where the backend looks for them. */
  settle(): void;
}

const PAGE = 65536;

/** The heap of a backend, or undefined where not even its bytes can be seen. */
export function heapOf(backend: BackendWasm): Heap | undefined {
  const {asm, wasmMemory, HEAPU8} = emscriptenOf(backend);
  const memory = [wasmMemory, asm?.memory].find((candidate) => candidate instanceof WebAssembly.Memory);
  if (memory !== undefined) return new OwnHeapOfBackend(backend, memory);
  return HEAPU8 instanceof Uint8Array ? new CopyingHeap(backend) : undefined;
}

function outOfMemory(bytes: number): UnavailableError {
  return new UnavailableError(
    `tfjs-sts/wasm: the wasm backend has no ${bytes} bytes left for a kernel; dispose of tensors, or give it smaller ` +
      'batches.',
  );
}

function emscriptenOf(backend: BackendWasm): EmscriptenModule {
  // The backend's type leaves out the memory, which Emscripten puts on the object all the same.
  return backend.wasm as unknown as EmscriptenModule;
}

class OwnHeapOfBackend implements Heap {
  readonly lasts = true;

  constructor(
    private readonly backend: BackendWasm,
    readonly memory: WebAssembly.Memory,
  ) {}

  addressOf(tensor: TensorInfo): number {
    return this.backend.getMemoryOffset(tensor.dataId) >>> 0;
  }

  makeOutput(shape: number[]): TensorInfo {
    return this.backend.makeOutput(shape, 'float32');
  }

  allocate(bytes: number): number {
    const address = emscriptenOf(this.backend)._malloc(bytes) >>> 0;
    if (address === 0) throw outOfMemory(bytes);
    return address;
  }

  free(address: number): void {
    emscriptenOf(this.backend)._free(address);
  }

  settle(): void {}
}

/** Everything lies one behind the other until the kernel ends. */
class CopyingHeap implements Heap {
  readonly lasts = false;
  readonly memory = new WebAssembly.Memory({initial: 1});
  private readonly copies = new Map<DataId, number>();
  private readonly outputs = new Map<DataId, TensorInfo>();
  /** 0 is no address. */
  private next = 16;

  constructor(private readonly backend: BackendWasm) {}

  addressOf(tensor: TensorInfo): number {
    const known = this.copies.get(tensor.dataId);
    if (known !== undefined) return known;
    const address = this.place(tensor);
    this.valuesAt(address, tensor).set(this.valuesOf(tensor));
    return address;
  }

  makeOutput(shape: number[]): TensorInfo {
    const tensor = this.backend.makeOutput(shape, 'float32');
    this.place(tensor);
    this.outputs.set(tensor.dataId, tensor);
    return tensor;
  }

  allocate(bytes: number): number {
    const address = this.next;
    const end = address + Math.ceil(bytes / 16) * 16;
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE);
    try {
      if (missing > 0) this.memory.grow(missing);
    } catch {
      throw outOfMemory(bytes);
    }
    this.next = end;
    return address;
  }

  free(): void {}

  settle(): void {
    for (const [dataId, tensor] of this.outputs) {
      const isAlive = this.backend.dataIdMap.has(dataId);
      if (isAlive) this.valuesOf(tensor).set(this.valuesAt(this.copies.get(dataId)!, tensor));
    }
    this.copies.clear();
    this.outputs.clear();
    this.next = 16;
  }

  private place(tensor: TensorInfo): number {
    const address = this.allocate(sizeOf(tensor.shape) * Float32Array.BYTES_PER_ELEMENT);
    this.copies.set(tensor.dataId, address);
    return address;
  }

  private valuesAt(address: number, {shape}: TensorInfo): Float32Array {
    return new Float32Array(this.memory.buffer, address, sizeOf(shape));
  }

  /** A view of the backend's memory, good until anything is allocated there. */
  private valuesOf(tensor: TensorInfo): Float32Array {
    return this.backend.typedArrayFromHeap(tensor) as Float32Array;
  }
}
