/**
 * A started wasm backend with our module beside it: tensors and scratch by their addresses, packed weights, threads.
 * An allocation may grow the memory, which detaches all views of it. So inputs are placed before a kernel begins, asking
 * for an address allocates nothing, and what a kernel reads or writes by itself goes through here, as copies.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {
  DataId,
  KernelFunc,
  NamedTensorInfoMap,
  NumericDataType,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import {beginKernel, emscriptenOf, endKernel, guardAllocations} from '../memory/allocations';
import {type Heap, heapOf} from '../memory/heap';
import {bestBuild, compile, instantiate, type KernelModule} from '../module/instantiate';
import {FLOAT_BYTES, type Operand, type Operands, type RowPlan} from '../plan/call_plan';
import type {PackedWeights} from '../plan/weights';
import {rowsOfRange, ThreadPool} from '../threads/pool';
import {CallWriter} from './call_writer';
import {Frame} from './frame';
import {KeptSpace} from './kept_space';

/** Work of fewer steps than this, some 10 microseconds, is done before a worker that looks for orders has taken its share. */
const STEPS_WORTH_THREADS = 250_000;

type KernelArguments = Parameters<KernelFunc>[0];

/** Computes on tensors of the host by the runtime of their backend. */
export type WasmKernel = (args: KernelArguments, runtime: WasmRuntime) => TensorInfo | TensorInfo[];

/** Of float32, int32, bool. */
type Values = Float32Array | Int32Array | Uint8Array;

/** Where kernels are noted instead of run (tape.ts). */
export interface CallNotes {
  /** What stands for the address of a value; undefined for tensors of the backend. */
  nameOf(dataId: DataId): number | undefined;
  /** A value that a kernel makes. */
  made(shape: number[], dtype: NumericDataType): TensorInfo;
  /** Space that is filled once for a value and a way to pack it; `fill` notes how. */
  packed(dataId: DataId, layout: string, bytes: number, fill: (to: number) => void): number;
  /** Rows that a kernel would have computed. */
  note(plan: RowPlan, operands: Operands): void;
}

/** A started wasm backend with our module in its memory. */
export class WasmRuntime {
  private pool: ThreadPool | undefined;
  private stepsWorthThreads = STEPS_WORTH_THREADS;
  /** The kernel that runs. */
  private frame: Frame | undefined;
  /** Where kernels are recorded instead of run. */
  private notes: CallNotes | undefined;
  /** Tensors that recordings read. */
  private readonly recorded = new WeakSet<DataId>();
  private changes = 0;
  readonly module: KernelModule;
  readonly space: KeptSpace;
  readonly calls: CallWriter;

  constructor(
    private readonly backend: BackendWasm,
    private readonly heap: Heap,
    private readonly compiled: WebAssembly.Module,
  ) {
    this.module = instantiate(compiled, heap.memory);
    this.space = new KeptSpace(heap);
    this.calls = new CallWriter(heap);
    const disposeData = backend.disposeData.bind(backend);
    backend.disposeData = (dataId, force) => {
      const released = disposeData(dataId, force);
      if (released) this.forgetTensor(dataId);
      return released;
    };
    const dispose = backend.dispose.bind(backend);
    backend.dispose = () => {
      void this.setThreads(1);
      dispose();
    };
  }

  get memory(): WebAssembly.Memory {
    return this.heap.memory;
  }

  /** Whether several threads share what there is to compute. */
  get isShared(): boolean {
    return this.pool !== undefined;
  }

  get threads(): number {
    return this.pool?.size ?? 1;
  }

  /** Another one when recordings of before are out of date: of what they read something is gone, or the threads are others. */
  get version(): number {
    return this.changes;
  }

  /** Whether addresses outlast a kernel, so that calls with them can be noted. */
  get canBeNoted(): boolean {
    return this.heap.lasts;
  }

  /**
   * Calls a function whose kernels are noted instead of run: kernels that compute with `runRows` alone. Others fail at whatever they would
   * make, before they look at inputs that are none of the backend's.
   */
  noting<Result>(notes: CallNotes, call: () => Result): Result {
    const {backend} = this;
    const {write} = backend;
    backend.write = () => {
      throw new Error('A kernel that makes data of the backend cannot be noted.');
    };
    this.notes = notes;
    try {
      return call();
    } finally {
      this.notes = undefined;
      backend.write = write;
    }
  }

  /** Where the values of an input, or of a tensor of `makeOutput`, lie until the kernel ends. Allocates nothing. */
  addressOf(tensor: TensorInfo): number {
    const address = this.frame?.addressOf(tensor.dataId);
    if (address === undefined) throw new Error('A wasm kernel asked for a tensor that is not of its own.');
    return address;
  }

  /** Those of tensors by the operands that they are; what is left out has none. */
  addressesOf(tensors: Partial<Record<Operand, TensorInfo | undefined>>): Operands {
    const addresses: Operands = {};
    for (const [name, tensor] of Object.entries(tensors))
      if (tensor !== undefined) addresses[name as Operand] = this.addressOf(tensor);
    return addresses;
  }

  /**
   * A new tensor; its values are whatever lies there.
   *
   * @throws OutOfMemoryError, as whatever allocates
   */
  makeOutput(shape: number[], dtype: NumericDataType = 'float32'): TensorInfo {
    const frame = this.frame!;
    if (this.notes !== undefined) {
      const value = this.notes.made(shape, dtype);
      frame.place(value.dataId, this.notes.nameOf(value.dataId)!);
      return value;
    }
    const tensor = this.backend.makeOutput(shape, dtype);
    frame.outputs.push(tensor);
    frame.place(tensor.dataId, this.heap.placeOutput(tensor));
    return tensor;
  }

  /** Runs `use` with space for so many floats that is free again when it returns. */
  withSpace(floats: number, use: (at: number) => void): void {
    if (this.notes === undefined) this.space.withScratch(floats * FLOAT_BYTES, use);
    else use(this.notes.nameOf(this.notes.made([floats], 'float32').dataId)!);
  }

  /** The same for bytes that TypeScript itself reads, so that such a kernel is not noted. */
  withResults(bytes: number, use: (at: number) => void): void {
    if (this.notes !== undefined) throw new Error('A kernel that reads what was computed cannot be noted.');
    this.space.withScratch(bytes, use);
  }

  /**
   * Runs a kernel, which may ask for the addresses of its inputs and of what it makes. If it fails, whatever it has made is
   * gone.
   *
   * @throws UnavailableError if a worker of `setThreads` is gone
   */
  run<Args extends Pick<KernelArguments, 'inputs'>>(
    kernelName: string,
    kernel: (args: Args, runtime: WasmRuntime) => TensorInfo | TensorInfo[],
    args: Args,
  ): TensorInfo | TensorInfo[] {
    // Before the kernel has allocated anything.
    this.pool?.check();
    const {heap, frame: outer} = this;
    const outerName = beginKernel(kernelName);
    const frame = new Frame();
    this.frame = frame;
    try {
      // Inputs that may be left out are undefined or null, for which the host's type has no word.
      const inputs: Partial<NamedTensorInfoMap> = args.inputs;
      // Of hundreds, names would be numbers made text.
      for (const tensor of Object.values(inputs)) {
        if (tensor != null) frame.place(tensor.dataId, this.notes ? this.noted(tensor) : heap.place(tensor));
      }
      const result = kernel(args, this);
      if (!heap.lasts) {
        for (const tensor of frame.outputs) heap.finish(tensor, this.addressOf(tensor));
      }
      return result;
    } catch (error) {
      for (const tensor of frame.outputs) this.backend.disposeData(tensor.dataId);
      throw error;
    } finally {
      this.frame = outer;
      endKernel(outerName);
      if (!heap.lasts) {
        heap.clear();
        this.space.forget();
      }
    }
  }

  /** The values of a tensor. */
  read(tensor: TensorInfo): Values {
    return this.viewOf(tensor).slice();
  }

  /** Gives a tensor values: a number for each, or one for all. */
  write(tensor: TensorInfo, values: ArrayLike<number> | number): void {
    if (typeof values === 'number') this.viewOf(tensor).fill(values);
    else this.viewOf(tensor).set(values);
  }

  /**
   * Whether a kernel may write over inputs: each has values of its own, which nobody but the kernel's caller holds. Whatever was made of
   * them, here or by the host, is gone then.
   */
  takeOver(tensors: readonly TensorInfo[]): boolean {
    const {heap} = this;
    if (!heap.lasts || this.notes !== undefined || !tensors.every((tensor) => heap.isAlone(tensor)))
      return false;
    if (new Set(tensors.map(({dataId}) => dataId)).size < tensors.length) return false;
    for (const tensor of tensors) {
      heap.forgetValues(tensor);
      this.forgetTensor(tensor.dataId);
    }
    return true;
  }

  /** Frees a tensor of `makeOutput` that is not handed to the host. */
  dispose(tensor: TensorInfo): void {
    const {outputs} = this.frame!;
    outputs.splice(outputs.indexOf(tensor), 1);
    this.backend.disposeData(tensor.dataId);
  }

  /**
   * Computes all rows of a plan, on the threads there are, each with a call and scratch of its own. Overwrites what `scratch`
   * gave.
   *
   * @throws UnavailableError if a worker fails at it
   */
  runRows(plan: RowPlan, operands: Operands): void {
    if (this.notes === undefined) this.compute(plan, operands);
    else this.notes.note(plan, operands);
  }

  private compute(plan: RowPlan, operands: Operands): void {
    const {pool} = this;
    const {run, rows, block, tile, scratchBytes: stride} = plan;
    const threads = this.threadsFor(plan);
    const call = this.space.scratch(threads * stride);
    for (let thread = 0; thread < threads; thread++) this.calls.write(plan, call + thread * stride, operands);
    if (pool === undefined || threads === 1) this.module[run](call, 0, rows);
    else pool.run({run, rows, block, tile, call, stride});
  }

  /** Calls one after the other, as a table of turns says (worker_source.ts), on all threads. */
  runTurns(table: number, count: number): void {
    this.pool!.runTurns(table, count);
  }

  /** How many rows of a plan a thread takes at a time. */
  rowsOfRange({rows, block, tile}: RowPlan): number {
    return rowsOfRange(rows, block, this.pool!.size, tile);
  }

  /** By which threads know a function of the module. */
  numberOf(run: RowPlan['run']): number {
    return Object.keys(this.module).indexOf(run);
  }

  /** On how many threads the rows of a plan are computed. */
  threadsFor({steps}: RowPlan): number {
    return steps < this.stepsWorthThreads ? 1 : this.threads;
  }

  /**
   * Ends the workers there are and starts others, so that `threads` run with the main thread.
   *
   * @param stepsWorthThreads work of fewer steps stays on one thread
   * @throws UnavailableError where they do not start; the memory must be shared
   */
  async setThreads(threads: number, stepsWorthThreads = STEPS_WORTH_THREADS): Promise<void> {
    this.stepsWorthThreads = stepsWorthThreads;
    this.changes++;
    const {pool, module, compiled, memory} = this;
    this.pool = undefined;
    await pool?.close();
    if (threads === 1) return;
    this.pool = await ThreadPool.start({...module}, {compiled, memory}, threads);
    // What was recorded while they started is for one thread.
    this.changes++;
  }

  /**
   * The address of a tensor's values as a plan packs them, made once and freed with the tensor. Values of a tensor never change (a
   * variable gets other values by pointing to another tensor) but in `takeOver`, so this is never out of date. Overwrites what `scratch`
   * gave.
   */
  packedFrom(tensor: TensorInfo, {layout, bytes, steps}: PackedWeights): number {
    const x = this.addressOf(tensor);
    // What a recording is given is not packed before it runs, but in every run.
    const isOnTape = this.isGiven(tensor);
    const keeper = isOnTape ? this.notes! : this.space;
    return keeper.packed(tensor.dataId, layout, bytes, (y) => {
      for (const step of steps) {
        if (isOnTape) this.notes!.note(step, {x, y});
        else this.compute(step, {x, y});
      }
    });
  }

  /** Whether a tensor is one that a recording is given in every run, or that it makes. */
  isGiven({dataId}: TensorInfo): boolean {
    return this.notes?.nameOf(dataId) !== undefined;
  }

  /**
   * Frees what can be made again: packed weights and scratch, but for those of the kernel that runs. Returns false if
   * there are none.
   */
  release(): boolean {
    const unused = this.space.tensors.filter((dataId) => this.frame?.addressOf(dataId) === undefined);
    for (const dataId of unused) this.forgetTensor(dataId);
    const isScratchFree = this.frame === undefined && this.space.releaseScratch();
    return unused.length > 0 || isScratchFree;
  }

  /** Good until something is allocated. */
  private viewOf(tensor: TensorInfo): Values {
    const {buffer} = this.memory;
    const [at, size] = [this.addressOf(tensor), sizeOf(tensor.shape)];
    if (tensor.dtype === 'int32') return new Int32Array(buffer, at, size);
    return tensor.dtype === 'bool' ? new Uint8Array(buffer, at, size) : new Float32Array(buffer, at, size);
  }

  /** The name that stands for the address of an input on the tape; for one that the recording reads, its address. */
  private noted(tensor: TensorInfo): number {
    const name = this.notes!.nameOf(tensor.dataId);
    if (name !== undefined) return name;
    this.recorded.add(tensor.dataId);
    return this.heap.place(tensor);
  }

  /** Drops what was made of a tensor. */
  private forgetTensor(dataId: DataId): void {
    if (this.recorded.delete(dataId)) this.changes++;
    this.space.forgetTensor(dataId);
  }
}

const runtimes = new WeakMap<BackendWasm, WasmRuntime>();

/**
 * The runtime of a backend, or undefined where our module cannot run: without SIMD, where nothing of the backend's memory
 * can be seen, or where the engine refuses to compile at once (a page's main thread in Chromium before 115).
 */
export function connect(backend: BackendWasm): WasmRuntime | undefined {
  const known = runtimes.get(backend);
  if (known !== undefined) return known;
  if (emscriptenOf(backend)?._malloc !== undefined) {
    guardAllocations(backend, () => runtimes.get(backend)?.release() ?? false);
  }
  const heap = heapOf(backend);
  const build = bestBuild();
  if (heap === undefined || build === undefined) return undefined;
  try {
    const runtime = new WasmRuntime(backend, heap, compile(build, heap.memory));
    runtimes.set(backend, runtime);
    return runtime;
  } catch {
    return undefined;
  }
}
