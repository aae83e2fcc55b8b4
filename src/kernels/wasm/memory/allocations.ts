/**
 * Every allocation in the backend's memory, by the host's kernels and by ours, ends well or with an OutOfMemoryError before
 * anything is written. The host asks for memory without looking: it would take address 0 for an answer, and lengths
 * beyond 32 bits would come out shorter.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import {type DataId, engine, memory, util} from '@tensorflow/tfjs-core';
import {OutOfMemoryError} from '../../../util/errors';
import {undoFailedKernels} from './undo';

/** What Emscripten leaves on its module object; the types of the backend declare a part of it. */
export interface EmscriptenModule {
  /** The plain and the simd build keep the memory here, the threaded build in `wasmMemory`. */
  asm?: {memory?: unknown};
  wasmMemory?: unknown;
  HEAPU8?: unknown;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

export function emscriptenOf(backend: BackendWasm): EmscriptenModule {
  // The backend's type leaves out the memory, which Emscripten puts on the object all the same.
  return backend.wasm as unknown as EmscriptenModule;
}

/** What addresses of 32 bits reach. */
const MOST_BYTES = 2 ** 32;

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** The op that the host runs, which names its scopes after them, `conv3d__op`. */
function runningOp(): string | undefined {
  return /^(.*)__op$/.exec(engine().state.activeScope?.name ?? '')?.[1];
}

/** The kernel of ours that runs. */
let runningKernel: string | undefined;

/** From now on what is asked for in vain is told under this name. Returns the name for `endKernel`. */
export function beginKernel(kernelName: string): string | undefined {
  const outer = runningKernel;
  runningKernel = kernelName;
  return outer;
}

/** @param outer what `beginKernel` gave */
export function endKernel(outer: string | undefined): void {
  runningKernel = outer;
}

/** The error of an allocation that failed. */
export function outOfMemory(bytes: number): OutOfMemoryError {
  const {numTensors, numBytes} = memory();
  const names = [runningOp(), runningKernel].filter((name) => name !== undefined);
  return new OutOfMemoryError(
    `${names.join(', ') || 'wasm backend'}: the memory of the wasm backend has no room for another ${bytes} bytes ` +
      `(${gibibytes(bytes)}). It holds ${gibibytes(MOST_BYTES)} at most, less where the machine has less; ` +
      `${numTensors} tensors take ${gibibytes(numBytes)}. Nothing was written, and every tensor is as it was. ` +
      'Dispose of tensors (tf.tidy, tensor.dispose()), give smaller batches, clips or tiles, or run the model as ' +
      'sts.freeze(model), which needs fewer tensors at a time.',
    bytes,
  );
}

const guarded = new WeakSet<BackendWasm>();

/**
 * From now on no allocation of the backend fails in silence.
 *
 * @param release frees what can be made again, before giving up; returns false if there is nothing
 */
export function guardAllocations(backend: BackendWasm, release: () => boolean): void {
  if (guarded.has(backend)) return;
  guarded.add(backend);
  const module = emscriptenOf(backend);
  // Emscripten puts the real functions in the place of these when they are first called.
  module._free(module._malloc(1));
  const malloc = module._malloc;
  const attempt = (bytes: number) => (bytes < MOST_BYTES ? malloc(bytes) >>> 0 : 0);
  module._malloc = (bytes) => {
    const address = attempt(bytes) || (release() ? attempt(bytes) : 0);
    if (address === 0) throw outOfMemory(bytes);
    return address;
  };
  guardMoves(backend, module);
  guardGradients();
  undoFailedKernels(backend);
}

/** A tensor that comes from another backend has left that one before this one asks for its memory: so ask first. */
function guardMoves(backend: BackendWasm, module: EmscriptenModule): void {
  const {dataIdMap} = backend;
  const get = dataIdMap.get.bind(dataIdMap);
  // Its own field: what is there, as nearly always, takes one look instead of three.
  const there = (dataIdMap as unknown as {readonly data?: WeakMap<DataId, never>}).data;
  dataIdMap.get = (dataId) => {
    const known = there?.get(dataId);
    if (known !== undefined) return known;
    const data = dataIdMap.has(dataId) ? undefined : engine().state.tensorInfo.get(dataId);
    if (data !== undefined && data.dtype !== 'string') {
      module._free(module._malloc(util.sizeFromShape(data.shape) * util.bytesPerElement(data.dtype)));
    }
    return get(dataId);
  };
}

/** On the engine whose gradients have been guarded, by whichever of our builds. */
const GUARDED = Symbol.for('tfjs-sts.gradients');

/** What the host keeps of a forward pass for the gradient is freed when that ends in an error, which the host forgets. */
function guardGradients(): void {
  const host = engine() as ReturnType<typeof engine> & {[GUARDED]?: true};
  if (host[GUARDED]) return;
  host[GUARDED] = true;
  const gradients = host.gradients.bind(host);
  host.gradients = (...given: Parameters<typeof gradients>) => {
    const {state} = host;
    try {
      return gradients(...given) as never;
    } catch (error) {
      // Of a gradient within another the outer one is in charge.
      if (state.gradientDepth === 0) {
        for (const tensor of state.activeTape?.flatMap(({saved}) => saved ?? []) ?? []) tensor.dispose();
        state.activeTape = [];
      }
      throw error;
    }
  };
}
