/**
 * Registers kernels with the host, puts kernels of ours in the place of the host's own and back, and tells which
 * implementation runs. The one place where a kernel written for a certain backend is handed to the host's untyped
 * registry.
 */
import * as tf from '@tensorflow/tfjs-core';
import {COMPOSED, KERNEL_NAMES, type KernelName, REPLACED} from '../geometry/kernel_names';
import {InvalidArgumentError, UnavailableError} from '../util/errors';
import {knownNames} from '../util/names';

/** Kernels of the host that an entry of ours replaces or, where a backend lacks them, adds. */
export const STOCK_KERNEL_NAMES = [
  tf.Conv3D,
  tf.Conv3DBackpropInputV2,
  tf.Conv3DBackpropFilterV2,
  tf.MaxPool3D,
  tf.MaxPool3DGrad,
  tf.AvgPool3D,
  tf.AvgPool3DGrad,
  tf.Conv2DBackpropFilter,
  tf.DepthwiseConv2dNativeBackpropFilter,
  tf.DepthwiseConv2dNativeBackpropInput,
  tf.BatchMatMul,
  tf._FusedMatMul,
  tf.Mean,
  tf.Sum,
  tf.Identity,
  tf.Reshape,
  tf.Slice,
  tf.SplitV,
  tf.Unpack,
  tf.StridedSlice,
  tf.Concat,
  tf.Pack,
  tf.Transpose,
  tf.Reverse,
  tf.Tile,
  tf.PadV2,
  tf.GatherV2,
  tf.Cast,
  tf.SpaceToBatchND,
  tf.BatchToSpaceND,
  tf.Add,
  tf.Multiply,
  tf.Sub,
  tf.RealDiv,
  tf.Relu,
  tf.Sigmoid,
  tf.FusedBatchNorm,
  tf.DenseBincount,
] as const;
export type StockKernelName = (typeof STOCK_KERNEL_NAMES)[number];

/**
 * 'kernel': ours, written for the backend. 'composed': ours, made of stock ops. 'stock': the host's own. 'absent': the
 * host's op has no kernel on the backend, or the backend's package is not loaded.
 */
export type KernelImplementation = 'kernel' | 'composed' | 'stock' | 'absent';

/** A kernel of ours under the name of the host's. */
export interface StockReplacement extends tf.KernelConfig {
  /** Whether it takes a call; the host's own kernel runs the others. Default: all. */
  takes?(args: Parameters<tf.KernelFunc>[0]): boolean;
}

export interface StockReplacements {
  backendName: string;
  configs: readonly StockReplacement[];
  /** Whether they can run on this backend, which has started. Where they cannot, the host's own stay. */
  canRun(backend: object): boolean;
}

type ReplacingConfig = tf.KernelConfig & {[REPLACED]: tf.KernelConfig | undefined};

/** The name under which replacements wait for their backend to start. */
const WAITING = 'StsReplacements';

interface WaitingConfig extends tf.KernelConfig {
  /** Names of kernels that a program has put back, and which stay so when the backend starts anew. */
  readonly restored: Set<string>;
}

/**
 * Registers kernels, once each: a kernel that is there already stays, a composed form that was put in its place on
 * first use is replaced. The host sets kernels up when it starts a backend; where that has happened, it is done here.
 */
export function registerKernels(configs: readonly tf.KernelConfig[]): void {
  for (const config of configs) {
    const present = tf.getKernel(config.kernelName, config.backendName);
    if (present != null && !isComposed(present)) continue;
    if (present != null) tf.unregisterKernel(config.kernelName, config.backendName);
    tf.registerKernel(config);
    const started = startedBackend(config.backendName);
    if (started !== undefined) config.setupFunc?.(started);
  }
}

/**
 * Puts kernels in the place of the host's own, now if their backend has started, and whenever it starts: by then the
 * host has registered its kernels, whichever of the two packages was imported first. May be called twice.
 */
export function replaceStockKernels({backendName, configs, canRun}: StockReplacements): void {
  const setupFunc = (backend: object) => {
    const restored = waitingConfig(backendName)?.restored;
    if (canRun(backend)) configs.filter(({kernelName}) => !restored?.has(kernelName)).forEach(putInPlace);
    else replacementsOf(backendName).forEach(putBack);
  };
  const kernelFunc = () => {
    throw new UnavailableError(`${WAITING} is not a kernel; it only waits for the start of the backend.`);
  };
  if (waitingConfig(backendName) === undefined) {
    const waiting: WaitingConfig = {
      kernelName: WAITING,
      backendName,
      setupFunc,
      kernelFunc,
      restored: new Set(),
    };
    tf.registerKernel(waiting);
  }
  const started = startedBackend(backendName);
  if (started !== undefined) setupFunc(started);
}

/**
 * Takes back what the import of an entry such as `tfjs-sts/wasm` did to the host: its own kernels stand in their places
 * again and stay there, also when the backend starts anew. `kernelCoverage` lists them. The ops and layers of this package
 * keep theirs.
 *
 * @param backendName default: every backend that is loaded
 * @param kernelNames those of the host's kernels that come back; default: all
 * @throws InvalidArgumentError for a kernel that no entry replaces
 *
 * ```js
 * sts.restoreStockKernels('wasm', ['Mean', 'Sum']); // the others stay replaced
 * sts.restoreStockKernels('wasm');
 * console.log(sts.kernelCoverage('wasm').Conv3D); // stock
 * ```
 */
export function restoreStockKernels(backendName?: string, kernelNames?: readonly StockKernelName[]): void {
  const unknown = kernelNames?.find((name) => !STOCK_KERNEL_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(
      `restoreStockKernels: no entry replaces a kernel ${JSON.stringify(unknown)}${knownNames(String(unknown), STOCK_KERNEL_NAMES)}.`,
    );
  }
  const backends = backendName === undefined ? tf.engine().backendNames() : [backendName];
  const isWanted = ({kernelName}: tf.KernelConfig) =>
    kernelNames?.some((name) => name === kernelName) ?? true;
  for (const name of backends) {
    const waiting = waitingConfig(name);
    if (kernelNames !== undefined) for (const kernel of kernelNames) waiting?.restored.add(kernel);
    else if (waiting !== undefined) tf.unregisterKernel(WAITING, name);
    replacementsOf(name).filter(isWanted).forEach(putBack);
  }
}

/**
 * Without the setup of the kernel itself: whether it can run has been asked. That of the kernel that it replaces stays, since
 * that one may still be called, and has to know when its backend ends or starts anew.
 */
function putInPlace({kernelName, backendName, kernelFunc: ours, takes}: StockReplacement): void {
  const present: tf.KernelConfig | undefined = tf.getKernel(kernelName, backendName);
  if (present !== undefined && isReplacing(present)) return;
  if (present !== undefined) tf.unregisterKernel(kernelName, backendName);
  const kernelFunc: tf.KernelFunc =
    takes === undefined || present === undefined
      ? ours
      : (args) => (takes(args) ? ours(args) : present.kernelFunc(args));
  const replacing: ReplacingConfig = {...present, kernelName, backendName, kernelFunc, [REPLACED]: present};
  tf.registerKernel(replacing);
}

function waitingConfig(backendName: string): WaitingConfig | undefined {
  const waiting: tf.KernelConfig | null = tf.getKernel(WAITING, backendName);
  return (waiting as WaitingConfig | null) ?? undefined;
}

function replacementsOf(backendName: string): ReplacingConfig[] {
  return tf.getKernelsForBackend(backendName).filter(isReplacing);
}

function putBack(config: ReplacingConfig): void {
  tf.unregisterKernel(config.kernelName, config.backendName);
  const stock = config[REPLACED];
  if (stock !== undefined) tf.registerKernel(stock);
}

/**
 * Which implementation of each kernel runs on a backend: of the kernels of this package, and of the host's own that
 * its entries replace. Replacements are in place once their backend has started.
 *
 * @param backendName default: the live backend
 */
export function kernelCoverage(
  backendName: string = tf.getBackend(),
): Record<KernelName | StockKernelName, KernelImplementation> {
  const ours = KERNEL_NAMES.map((name) => {
    const kernel = tf.getKernel(name, backendName);
    return [name, kernel == null || isComposed(kernel) ? 'composed' : 'kernel'] as const;
  });
  const hosts = STOCK_KERNEL_NAMES.map((name) => {
    const kernel = tf.getKernel(name, backendName);
    if (kernel == null) return [name, 'absent'] as const;
    return [name, isReplacing(kernel) ? 'kernel' : 'stock'] as const;
  });
  return Object.fromEntries([...ours, ...hosts]) as Record<
    KernelName | StockKernelName,
    KernelImplementation
  >;
}

/** Not tf.findBackend, which starts a backend that has not started: the user may have settings to make first. */
function startedBackend(name: string): object | undefined {
  return tf.engine().registry[name];
}

function isComposed(config: tf.KernelConfig): boolean {
  return COMPOSED in config;
}

function isReplacing(config: tf.KernelConfig): config is ReplacingConfig {
  return REPLACED in config;
}
