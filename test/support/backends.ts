/**
 * Brings up a tfjs backend for a test, in Node and in Chromium. A backend that does not start is a failure, never a
 * skip: the promise is that every listed backend of the environment runs.
 */
import * as tf from '@tensorflow/tfjs-core';

export type BackendName = 'cpu' | 'wasm' | 'webgl' | 'webgpu' | 'tensorflow';

/** True in a page, false in Node. */
export const inBrowser = typeof window !== 'undefined';

/** Runs the tests of each backend on this one alone: set where a second Node tests what differs there, the build of wasm. */
const only = inBrowser ? undefined : process.env.TEST_BACKENDS;
const startable: readonly BackendName[] = inBrowser
  ? ['cpu', 'wasm', 'webgl', 'webgpu']
  : ['cpu', 'wasm', 'tensorflow'];

/** The backends that must start in this environment; in Node webgpu besides, of which some tests know. */
export const backendNames: readonly BackendName[] = startable.filter(
  (name) => only === undefined || name === only,
);

/** Whether this run, in Node, tests the kernels of webgpu too. */
export const testsWebgpuInNode = !inBrowser && only === undefined;

const loaders: Record<BackendName, () => Promise<unknown>> = {
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  wasm: async () => {
    const {setWasmPaths} = await import('@tensorflow/tfjs-backend-wasm');
    const {wasmPaths} = inBrowser ? await import('./wasm_paths_browser') : await import('./wasm_paths_node');
    if (tf.findBackend('wasm') === null) setWasmPaths(wasmPaths);
  },
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  webgpu: () =>
    inBrowser
      ? import('@tensorflow/tfjs-backend-webgpu')
      : import('./dawn').then(({startDawn}) => startDawn()),
  tensorflow: () => import('./tfjs_node'),
};

/** Loads and selects `name`; throws if it does not start. tfjs-layers comes along for the gradients of stock ops. */
export async function startBackend(name: BackendName): Promise<void> {
  await import('@tensorflow/tfjs-layers');
  await loaders[name]();
  const started = await tf.setBackend(name);
  if (!started)
    throw new Error(`The ${name} backend did not start ${inBrowser ? 'in the browser' : 'in Node'}.`);
  await tf.ready();
}

/**
 * The host compiles each of its webgl programs for every shape, and that is most of what a test of many shapes takes. With `few` they
 * take shapes as uniforms, as ours always do. Tests that start the backend alone have the host as it comes.
 */
export function useFewPrograms(name: BackendName, few = true): void {
  if (name === 'webgl') tf.env().set('WEBGL_USE_SHAPES_UNIFORMS', few);
}
