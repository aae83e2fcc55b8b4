/**
 * What a kernel of the host has made by the time that it finds no memory, it leaves behind: tensors that only it knows, and
 * holds on its inputs. Here they are taken back. Kernels of ours do that by themselves (WasmRuntime.run).
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import {type DataId, engine, getKernelsForBackend, type KernelConfig} from '@tensorflow/tfjs-core';
import {OutOfMemoryError} from '../../../util/errors';

/** What the kernel that runs has done to the backend so far. */
interface Changes {
  made: Set<DataId>;
  /** How often it took hold of other tensors, less how often it let them go. */
  held: Map<DataId, number>;
}

let changes: Changes | undefined;

/** On a kernel that is watched already, by whichever of our builds, or that takes back what it makes by itself. */
export const WATCHED = Symbol.for('tfjs-sts.watched');

/** From now on the kernels that the host has registered for a backend leave nothing behind when it has no memory for them. */
export function undoFailedKernels(backend: BackendWasm): void {
  noteChanges(backend);
  for (const config of getKernelsForBackend('wasm')) watch(config);
}

function noteChanges(backend: BackendWasm): void {
  const move = backend.move.bind(backend);
  const incRef = backend.incRef.bind(backend);
  const disposeData = backend.disposeData.bind(backend);
  const hold = (dataId: DataId, times: number) =>
    changes?.held.set(dataId, (changes.held.get(dataId) ?? 0) + times);
  backend.move = (dataId, ...rest) => {
    move(dataId, ...rest);
    changes?.made.add(dataId);
  };
  backend.incRef = (dataId) => {
    incRef(dataId);
    hold(dataId, 1);
  };
  backend.disposeData = (dataId, force) => {
    hold(dataId, -1);
    return disposeData(dataId, force);
  };
}

function watch(config: KernelConfig & {[WATCHED]?: true}): void {
  if (config[WATCHED]) return;
  config[WATCHED] = true;
  const {kernelFunc} = config;
  config.kernelFunc = (args) => {
    // Of a kernel within another the outer one answers for both.
    if (changes !== undefined) return kernelFunc(args);
    const mine: Changes = {made: new Set(), held: new Map()};
    changes = mine;
    try {
      return kernelFunc(args);
    } catch (error) {
      changes = undefined;
      if (error instanceof OutOfMemoryError) undo(mine, args.backend as BackendWasm);
      throw error;
    } finally {
      changes = undefined;
    }
  };
}

function undo({made, held}: Changes, backend: BackendWasm): void {
  for (const dataId of made) {
    // What the host counts as a tensor, it disposes of.
    if (!engine().state.tensorInfo.has(dataId)) backend.disposeData(dataId, true);
  }
  for (const [dataId, times] of held) {
    for (let i = 0; i < times && !made.has(dataId); i++) backend.disposeData(dataId);
  }
}
