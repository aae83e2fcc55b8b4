/** Where Node finds the .wasm files of tfjs-backend-wasm: the folder of the installed package. */
import {createRequire} from 'node:module';
import {dirname} from 'node:path';

const require = createRequire(import.meta.url);

export const wasmPaths = `${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`;
