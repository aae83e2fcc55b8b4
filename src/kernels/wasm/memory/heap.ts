/**
 * Where the kernels find tensors; with allocations.ts all that reaches into tfjs-backend-wasm (4.22). In place: our module
 * imports the backend's own memory and nothing is copied. Where that memory is out of reach, but its bytes can be
 * seen: our module has a memory of its own, tensors are copied there and results back with every kernel.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import {type TensorInfo, util} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import {emscriptenOf, outOfMemory} from './allocations';

export type Heap = LastingHeap | PassingHeap;

interface Allocator {
  readonly memory: WebAssembly.Memory;
  /** Where the values of a tensor lie from now on, until the kernel ends. */
  place(tensor: TensorInfo): number;
  /** The same for a tensor whose values will be written: they may be anything. */
  placeOutput(tensor: TensorInfo): number;
  /**
   * The address of so many bytes. An allocation may grow the memory, which detaches views of it.
   *
   * @throws OutOfMemoryError if there are none left
   */
  allocate(bytes: number): number;
  free(address: number): void;
}

/** What was allocated outlasts the kernel that did it. */
interface LastingHeap extends Allocator {
  readonly lasts: true;
  /** Whether one tensor alone has these values. */
  isAlone(tensor: TensorInfo): boolean;
  /** Has the host drop what it made of a tensor's values: kernels of its keep weights in an order of their own. */
  forgetValues(tensor: TensorInfo): void;
}

/** All is free again when a kernel has ended. */
interface PassingHeap extends Allocator {
  readonly lasts: false;
  /** Has the values that were written at an address where the backend looks for those of a tensor. */
  finish(tensor: TensorInfo, address: number): void;
  /** A kernel has ended. */
  clear(): void;
}

const PAGE = 65536;

/** The heap of a backend, or undefined where not even its bytes can be seen. */
export function heapOf(backend: BackendWasm): Heap | undefined {
  const {asm, wasmMemory, HEAPU8} = emscriptenOf(backend);
  const memory = [wasmMemory, asm?.memory].find((candidate) => candidate instanceof WebAssembly.Memory);
  if (memory !== undefined) return new OwnHeapOfBackend(backend, memory);
  return HEAPU8 instanceof Uint8Array ? new CopyingHeap(backend) : undefined;
}

function bytesOf({shape, dtype}: TensorInfo): number {
  return sizeOf(shape) * util.bytesPerElement(dtype);
}

class OwnHeapOfBackend implements LastingHeap {
  readonly lasts = true;

  constructor(
    private readonly backend: BackendWasm,
    readonly memory: WebAssembly.Memory,
  ) {}

  place(tensor: TensorInfo): number {
    return this.backend.getMemoryOffset(tensor.dataId) >>> 0;
  }

  placeOutput(tensor: TensorInfo): number {
    return this.place(tensor);
  }

  allocate(bytes: number): number {
    return emscriptenOf(this.backend)._malloc(bytes) >>> 0;
  }

  free(address: number): void {
    emscriptenOf(this.backend)._free(address);
  }

  isAlone({dataId}: TensorInfo): boolean {
    return this.backend.refCount(dataId) === 1;
  }

  forgetValues(tensor: TensorInfo): void {
    const {dataIdMap, wasm} = this.backend;
    const {id, memoryOffset} = dataIdMap.get(tensor.dataId);
    wasm.tfjs.disposeData(id);
    wasm.tfjs.registerTensor(id, sizeOf(tensor.shape), memoryOffset);
  }
}

/** Everything lies one behind the other until the kernel ends. */
class CopyingHeap implements PassingHeap {
  readonly lasts = false;
  readonly memory = new WebAssembly.Memory({initial: 1});
  /** 0 is no address. */
  private next = 16;

  constructor(private readonly backend: BackendWasm) {}

  place(tensor: TensorInfo): number {
    const address = this.placeOutput(tensor);
    this.bytesAt(address, tensor).set(this.bytesInBackend(tensor));
    return address;
  }

  placeOutput(tensor: TensorInfo): number {
    return this.allocate(bytesOf(tensor));
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

  finish(tensor: TensorInfo, address: number): void {
    this.bytesInBackend(tensor).set(this.bytesAt(address, tensor));
  }

  clear(): void {
    this.next = 16;
  }

  private bytesAt(address: number, tensor: TensorInfo): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, bytesOf(tensor));
  }

  /** A view of the backend's memory, good until anything is allocated there. */
  private bytesInBackend(tensor: TensorInfo): Uint8Array {
    const offset = this.backend.getMemoryOffset(tensor.dataId) >>> 0;
    return (emscriptenOf(this.backend).HEAPU8 as Uint8Array).subarray(offset, offset + bytesOf(tensor));
  }
}
