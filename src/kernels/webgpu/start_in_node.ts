/**
 * `startWebGPU`: the host's webgpu backend in Node, on Dawn, the implementation of Chromium that npm has as `webgpu`.
 * Nothing else of this folder knows that there is a Node.
 */
import * as tf from '@tensorflow/tfjs-core';
import {UnavailableError} from '../../util/errors';

/** What runs the backend. */
export interface WebGPUAdapter {
  /** As the driver names them, such as 'nvidia', 'ampere', 'NVIDIA A10G'; each may be empty. */
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** Whether it is a program on the processor, right and slow, in place of a GPU. */
  readonly software: boolean;
}

/** The parts of WebGPU that are used here: its types are no dependency of ours. */
interface Gpu {
  requestAdapter(options: object): Promise<{readonly info: AdapterInfo} | null>;
}
type AdapterInfo = Omit<WebGPUAdapter, 'software'> & {readonly isFallbackAdapter?: boolean};
interface Dawn {
  create(options: string[]): Gpu;
  readonly globals: object;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;
/** Its name must not be known to the compiler, which would ask everyone for the types of WebGPU. */
const DAWN: string = 'webgpu';
const BACKEND = '@tensorflow/tfjs-backend-webgpu';

/**
 * Starts the webgpu backend in Node and makes it the live one, with the kernels of this package. It needs the npm
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
  const gpu = webgpuOf(globalThis.navigator) ?? (await provideWebGPU());
  const adapter = await gpu.requestAdapter({powerPreference: 'high-performance'});
  if (adapter === null) {
    throw new UnavailableError(
      'startWebGPU: there is no graphics adapter. Needed is a GPU and on Linux its Vulkan driver (Debian: mesa-vulkan-drivers ' +
        'or nvidia-driver, and libvulkan1); `vulkaninfo --summary` lists what is there.',
    );
  }
  // A bundler of a program that never calls this passes over a package that is not there, thanks to the catch.
  await import('@tensorflow/tfjs-backend-webgpu').catch(unloadable(BACKEND));
  if (tf.findBackendFactory(DAWN) === null) {
    throw new UnavailableError(
      `startWebGPU: ${BACKEND} was imported before WebGPU was there, and so has registered no backend. Leave the ` +
        'import out: startWebGPU loads it.',
    );
  }
  if (!(await tf.setBackend(DAWN))) {
    throw new UnavailableError(
      'startWebGPU: the backend did not start; tf.env().set("DEBUG", true) shows why.',
    );
  }
  const {vendor, architecture, description, isFallbackAdapter} = adapter.info;
  const names = `${vendor} ${architecture} ${description}`;
  return {vendor, architecture, description, software: isFallbackAdapter === true || SOFTWARE.test(names)};
}

function webgpuOf(navigator: object | undefined): Gpu | undefined {
  return (navigator as {gpu?: Gpu} | undefined)?.gpu;
}

/** Puts Dawn where the host looks for WebGPU: `navigator.gpu` and the names of its classes. */
async function provideWebGPU(): Promise<Gpu> {
  const {create, globals} = (await import(DAWN).catch(unloadable(DAWN))) as Dawn;
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
function unloadable(name: string): (error: Error) => never {
  return (error) => {
    const [reason] = error.message.split('\n');
    throw new UnavailableError(
      `startWebGPU: the package ${name} could not be loaded (${reason}); npm install ${DAWN} ${BACKEND}`,
      {cause: error},
    );
  };
}
