/** Bundles the server into dist/, with the files that it reads beside it; no node_modules is needed to run it. */
import {cpSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {build} from 'esbuild';

const {resolve} = createRequire(import.meta.url);

await build({
  entryPoints: ['server.mjs'],
  outfile: 'dist/server.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // The backend's own loader is CommonJS and wants these.
  banner: {
    js: [
      "import {createRequire} from 'node:module';",
      "import {dirname as folderOf} from 'node:path';",
      "import {fileURLToPath as pathOf} from 'node:url';",
      'const require = createRequire(import.meta.url);',
      'const __filename = pathOf(import.meta.url);',
      'const __dirname = folderOf(__filename);',
    ].join('\n'),
  },
});

const backend = dirname(resolve('@tensorflow/tfjs-backend-wasm'));
for (const variant of ['', '-simd', '-threaded-simd'])
  cpSync(join(backend, `tfjs-backend-wasm${variant}.wasm`), `dist/tfjs-backend-wasm${variant}.wasm`);
cpSync(dirname(resolve('tfjs-sts/models/imagenet1k_labels.json')), 'dist/models', {recursive: true});
