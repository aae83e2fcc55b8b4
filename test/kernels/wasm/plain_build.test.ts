/** The host's build without SIMD: our kernels, which need an engine with SIMD, run in its memory all the same. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import {itComputesExactly} from './exact_cases';

tf.env().set('WASM_HAS_SIMD_SUPPORT', false);

itComputesExactly();
