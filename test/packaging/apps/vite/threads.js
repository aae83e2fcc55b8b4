/** A page: the wasm kernels of the bundled package on two threads, for a convolution large enough to use both. */
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import threadedSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import * as sts from 'tfjs-sts';
import {setThreads} from 'tfjs-sts/wasm';

// An isolated page starts the threaded build and no other.
setWasmPaths({
  'tfjs-backend-wasm.wasm': 'none',
  'tfjs-backend-wasm-simd.wasm': 'none',
  'tfjs-backend-wasm-threaded-simd.wasm': threadedSimd,
});
await setThreads(2);
// Of two taps along an axis: those of three are computed in tiles, which round.
const y = sts.conv3d(tf.ones([1, 8, 28, 28, 32]), tf.ones([2, 2, 2, 32, 16]), 1, 'valid');
const text = `${tf.getBackend()} ${y.dataSync().every((value) => value === 8 * 32)}`;
document.querySelector('#result').textContent = text;
