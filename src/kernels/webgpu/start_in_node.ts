/**
 * `startWebGPU`: the host's webgpu backend in Node, on Dawn, the implementation of Chromium that npm has as `webgpu`.
 * Nothing else of this folder knows that there is a Node.
 */
import * as tf from '@tensorflow/tfjs-core';
import {UnavailableError} from '../../util/errors';
import {type AdapterNames, type Gpu, webgpuGraphics, webgpuHere} from '../graphics';
import type {Starter} from '../starters';

/** What runs the backend. */
export interface WebGPUAdapter extends AdapterNames {
  /** Whether it is a program on the processor, right and slow, in place of a GPU. */
  readonly software: boolean;
}

interface Dawn {
  create(options: string[]): Gpu;
  readonly globals: object;
}

/** Its name must not be known to the compiler, which would ask everyone for the types of WebGPU. */
const DAWN: string = 'webgpu';
const BACKEND = '@tensorflow/tfjs-backend-webgpu';

/**
 * Starts the webgpu backend in Node and makes it the live one. Kernels of this package are there if `tfjs-sts/webgpu` is imported. It needs the npm
 * packages `webgpu` and `@tensorflow/tfjs-backend-webgpu`, and of the system a GPU with its driver: one for Vulkan on
 * Linux; macOS and Windows bring theirs. Do not import the backend's package before: it registers itself only where it finds
 * WebGPU. The process ends as any other does, when nothing is left to do.
 *
 * On this backend read values with `await tensor.data()`: `dataSync()` takes a canvas there, which Node does not have.
 *
 * @returns what runs it: look at `software` before relying on its speed
 * @throws UnavailableError where a package, the GPU or its driver is missing
 *
 * @example
 * ```js
 * import {startWebGPU} from 'tfjs-sts/node';
 *
 * const {description, software} = await startWebGPU();
 * ```
 */
export async function startWebGPU(): Promise<WebGPUAdapter> {
  const caller = 'startWebGPU';
  const adapter = await webgpuGraphics(webgpuHere() ?? (await provideWebGPU(caller)));
  if (adapter === undefined) {
    throw new UnavailableError(
      'startWebGPU: there is no graphics adapter. Needed is a GPU and on Linux its Vulkan driver (Debian: mesa-vulkan-drivers ' +
        'or nvidia-driver, and libvulkan1); `vulkaninfo --summary` lists what is there.',
    );
  }
  await loadBackend(caller);
  if (!(await tf.setBackend(DAWN))) {
    throw new UnavailableError(
      'startWebGPU: the backend did not start; tf.env().set("DEBUG", true) shows why.',
    );
  }
  const {vendor, architecture, description, software} = adapter;
  return {vendor, architecture, description, software};
}

/** For `ready`: what `startWebGPU` does in Node before it starts the backend; a page has WebGPU, or has not. */
export const webgpuStarter: Starter = {
  backendName: 'webgpu',
  load: async () => {
    if (!tf.env().getBool('IS_NODE')) return;
    if (webgpuHere() === undefined) await provideWebGPU('ready');
    await loadBackend('ready');
  },
};

/** Lets the host's backend register itself, which it does where there is WebGPU. */
async function loadBackend(caller: string): Promise<void> {
  // A bundler of a program that never calls this passes over a package that is not there, thanks to the catch.
  await import('@tensorflow/tfjs-backend-webgpu').catch(unloadable(caller, BACKEND));
  if (tf.findBackendFactory(DAWN) === null) {
    throw new UnavailableError(
      `${caller}: ${BACKEND} was imported before WebGPU was there, and so has registered no backend. Leave the ` +
        `import out: ${caller} loads it.`,
    );
  }
}

/** Puts Dawn where the host looks for WebGPU: `navigator.gpu` and the names of its classes. */
async function provideWebGPU(caller: string): Promise<Gpu> {
  const {create, globals} = (await import(/* webpackIgnore: true */ /* @vite-ignore */ DAWN).catch(
    unloadable(caller, DAWN),
  )) as Dawn;
  const gpu = create([]);
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis))
      Object.defineProperty(globalThis, name, {value, configurable: true, writable: true});
  }
  // Node 20 has no navigator.
  if (globalThis.navigator === undefined) {
    Object.defineProperty(globalThis, 'navigator', {value: {}, configurable: true, writable: true});
  }
  Object.defineProperty(globalThis.navigator, 'gpu', {value: gpu, configurable: true});
  return gpu;
}

/** What becomes of the failed import of a package. */
function unloadable(caller: string, name: string): (error: Error) => never {
  return (error) => {
    const [reason] = error.message.split('\n');
    throw new UnavailableError(
      `${caller}: the package ${name} could not be loaded (${reason}); npm install ${DAWN} ${BACKEND}`,
      {cause: error},
    );
  };
}
