/**
 * Where a bundle finds what is no code. Bundlers put code together and leave files behind: the .wasm files of the backend,
 * and the models of tfjs-sts. build.mjs copies both beside the bundle.
 */
import {fileURLToPath} from 'node:url';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import 'tfjs-sts/wasm';

export const packageRoot = new URL('./', import.meta.url);
setWasmPaths(fileURLToPath(packageRoot));
