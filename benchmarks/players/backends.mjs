/** How the backends of TensorFlow.js in Node come with as many threads as a race gives. */

/**
 * Loads a backend, with the kernels of the package if `kernels`, before anything uses one.
 *
 * @returns the package whose version is told
 */
export async function loadBackend({backend, kernels, threads}) {
  if (backend === 'wasm') {
    await import('@tensorflow/tfjs-backend-wasm');
    if (kernels) {
      const {setThreads} = await import('tfjs-sts/wasm');
      await setThreads(threads);
    }
    return '@tensorflow/tfjs-backend-wasm';
  }
  // Read when libtensorflow starts.
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_CPP_MIN_LOG_LEVEL = '2';
  await import('tfjs-sts/node');
  await import('@tensorflow/tfjs-node');
  return '@tensorflow/tfjs-node';
}
