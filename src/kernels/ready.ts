/**
 * `ready`: starts the best backend of this machine for a network, by a rule that is written down, and tells what it chose and why.
 * It knows names alone: what it may start is what the program has imported.
 */
import * as tf from '@tensorflow/tfjs-core';
import {checkCount} from '../util/counts';
import {InvalidArgumentError, StsError, UnavailableError} from '../util/errors';
import {checkOptions, knownNames, optionNames} from '../util/names';
import {type Graphics, webglGraphics, webgpuGraphics} from './graphics';
import {isForWasm} from './measured_networks';
import {starterOf} from './starters';

export interface ReadyOptions {
  /**
   * Names of backends to try before the others, in this order. They are started on a software adapter too: whoever names them
   * wants them.
   */
  prefer?: string | readonly string[];
  /**
   * What is going to run: the name of a network or, with a tag, of a model, such as `x3d_s` or `x3d_s_sts.k400`. Of some
   * networks wasm was measured to be faster than tensorflow.
   */
  network?: string;
  /** Whether the network is going to be trained, of which other times were measured. Default: false. */
  training?: boolean;
  /** Of the wasm backend, in all. Default: a thread for each core, 8 at most. */
  threads?: number;
}

export interface PassedOver {
  readonly backend: string;
  /** Why it was not taken. */
  readonly reason: string;
}

export interface ReadyBackend {
  /** The name of the backend that is live now. */
  readonly backend: string;
  /** Why this one, and what it runs on. */
  readonly reason: string;
  /** Those that come before it, in the order in which they were tried. */
  readonly tried: readonly PassedOver[];
}

const KNOWN = optionNames<ReadyOptions>({prefer: true, network: true, training: true, threads: true});

/** From the fastest to the slowest, and what a program imports for each. */
const RULE: Readonly<Record<string, string>> = {
  tensorflow: '@tensorflow/tfjs-node',
  webgpu: '@tensorflow/tfjs-backend-webgpu and tfjs-sts/webgpu, in Node the latter alone',
  webgl: '@tensorflow/tfjs-backend-webgl and tfjs-sts/webgl',
  wasm: '@tensorflow/tfjs-backend-wasm and tfjs-sts/wasm',
  cpu: '@tensorflow/tfjs-backend-cpu and tfjs-sts/cpu',
};

/** What backends run on of which no entry of ours says more. */
const WITHOUT_STARTER: Readonly<Record<string, string>> = {
  tensorflow: 'native TensorFlow',
  wasm: 'one thread: import tfjs-sts/wasm for more, and for its kernels',
  cpu: 'plain JavaScript on one thread',
};

/** Why a backend is passed over. */
class Pass extends Error {}

/**
 * Starts the best backend of this machine for a network and makes it the live one. The rule: of the backends that the program has
 * imported the first of `tensorflow`, `webgpu`, `webgl`, `wasm` (on several threads where the memory can be shared) and `cpu` that
 * starts; `webgpu` and `webgl` only on a GPU, `webgl` only if it computes in float32. A software adapter such as
 * SwiftShader or llvmpipe is never taken for a GPU. In Node `webgpu` starts on Dawn, as by `startWebGPU`.
 *
 * With `network`: `tensorflow` comes after `wasm`, where the kernels of `tfjs-sts/wasm` are there, unless it was measured to take less than
 * nine tenths of its time for that network, with `training` for a step of training, or computes on a GPU. With `training` alone it does so
 * for whatever network.
 *
 * @returns what is live now and why, and why not those before it
 * @throws InvalidArgumentError for a name in `prefer` that is no backend, a network that nobody has measured, or threads
 *   that are no count
 * @throws UnavailableError where none starts; the message has the reasons
 *
 * @example
 * ```js
 * import '@tensorflow/tfjs-backend-wasm';
 * import 'tfjs-sts/wasm';
 * import * as sts from 'tfjs-sts';
 *
 * const {backend, reason, tried} = await sts.ready();
 * ```
 */
export async function ready(options: ReadyOptions = {}): Promise<ReadyBackend> {
  checkOptions('ready', options, KNOWN);
  const {prefer = [], network, training = false, threads} = options;
  if (threads !== undefined) checkCount('ready', 'threads', threads);
  if (network !== undefined && typeof network !== 'string')
    throw new InvalidArgumentError(
      `ready: network is ${typeof network}; give the name of one, such as 'x3d_s', or leave it out.`,
    );
  const preferred = preferredNames(prefer);
  const order = orderFor(network, training);
  const tried: PassedOver[] = [];
  for (const backend of new Set([...preferred, ...order])) {
    const isPreferred = preferred.includes(backend);
    try {
      const how = await start(backend, isPreferred, threads);
      const why = isPreferred ? 'preferred' : `the first of ${order.join(', ')} that runs here`;
      return {backend, reason: `${why}; ${how}`, tried};
    } catch (error) {
      tried.push({backend, reason: reasonOf(error)});
    }
  }
  const reasons = tried.map(({backend, reason}) => `${backend}: ${reason}`).join('; ');
  throw new UnavailableError(`ready: no backend starts here (${reasons}). Import one, such as ${RULE.wasm}.`);
}

/** From the fastest to the slowest. */
function orderFor(network: string | undefined, training: boolean): readonly string[] {
  const names = Object.keys(RULE);
  // Without our kernels wasm is another, slower one; on a GPU tensorflow is another, faster one. Neither was measured.
  if (!isForWasm(network, training) || starterOf('wasm') === undefined || isOnGpu()) {
    return names;
  }
  return names.flatMap((name) => {
    if (name === 'tensorflow') return [];
    return name === 'wasm' ? [name, 'tensorflow'] : [name];
  });
}

/** Whether the tensorflow backend is there and computes on a GPU; of one that does not start `start` tells. */
function isOnGpu(): boolean {
  if (!isRegistered('tensorflow')) return false;
  const {isUsingGpuDevice} = Object(tf.findBackend('tensorflow')) as {isUsingGpuDevice?: boolean};
  return isUsingGpuDevice === true;
}

function preferredNames(prefer: string | readonly string[]): readonly string[] {
  const names = typeof prefer === 'string' ? [prefer] : prefer;
  if (!Array.isArray(names)) {
    throw new InvalidArgumentError(
      `ready: prefer is ${JSON.stringify(prefer)}; give a name or a list of names.`,
    );
  }
  // Backends of others, which the program has registered, have names too.
  const known = [...new Set([...Object.keys(RULE), ...tf.engine().backendNames()])];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(
    `ready: there is no backend ${JSON.stringify(unknown)}${knownNames(String(unknown), known)}.`,
  );
}

/** @returns what it runs on */
async function start(name: string, isPreferred: boolean, threads: number | undefined): Promise<string> {
  const starter = starterOf(name);
  if (!isRegistered(name)) await starter?.load?.();
  if (!isRegistered(name)) throw new Pass(`not imported; it takes ${RULE[name]}`);
  const graphics = await graphicsOf(name, isPreferred);
  const how = await starter?.start?.(threads);
  if (!(await tf.setBackend(name))) throw new Pass('the host could not start it; the console says why');
  if (graphics !== undefined) return graphics.software ? `software: ${graphics.name}` : graphics.name;
  return how ?? WITHOUT_STARTER[name] ?? 'as the host starts it';
}

/** Of the backends that need a GPU, what they get. */
async function graphicsOf(name: string, isPreferred: boolean): Promise<Graphics | undefined> {
  if (name === 'webgpu') {
    const graphics = await webgpuGraphics();
    if (graphics === undefined) throw new Pass('no graphics adapter');
    return gpuOnly(graphics, isPreferred);
  }
  if (name === 'webgl') {
    const graphics = webglGraphics();
    if (graphics === undefined) throw new Pass('no WebGL 2');
    if (!graphics.float32 && !isPreferred) throw new Pass(`${graphics.name} rounds to half precision`);
    return gpuOnly(graphics, isPreferred);
  }
  return undefined;
}

function gpuOnly(graphics: Graphics, isPreferred: boolean): Graphics {
  if (graphics.software && !isPreferred)
    throw new Pass(`${graphics.name} computes on the processor; it is no GPU`);
  return graphics;
}

function isRegistered(name: string): boolean {
  return tf.findBackendFactory(name) != null;
}

/** What is expected to go wrong is a reason; anything else too, since the next backend may still run. */
function reasonOf(error: unknown): string {
  const {message} = Object(error) as Error;
  return error instanceof Pass || error instanceof StsError ? message : `it failed: ${message}`;
}
