/**
 * The build: every file of src/entries is an entry. ESM and CJS share chunks among their entries, so that two entries
 * loaded by one program see one registry; the command line (src/cli/bin.ts) and the loader processes of data sets are ESM only, and
 * src/entries/script.ts one file for pages without modules.
 */
import {readdirSync, rmSync} from 'node:fs';
import {basename} from 'node:path';
import {defineConfig, type Options} from 'tsup';

const SCRIPT = 'src/entries/script.ts';
const entries = readdirSync('src/entries', {recursive: true, encoding: 'utf8'})
  .filter((path) => path.endsWith('.ts'))
  .map((path) => [basename(path, '.ts'), `src/entries/${path}`] as const)
  .filter(([, path]) => path !== SCRIPT);
const named = Object.fromEntries(entries);

// Once for all builds below, which run side by side: each with a `clean` of its own would remove the others' files.
rmSync('dist', {recursive: true, force: true});

const shared: Options = {
  outDir: 'dist',
  target: 'es2022',
  platform: 'node',
  splitting: true,
  sourcemap: false,
  removeNodeProtocol: false,
  external: [/^@tensorflow\//],
};

/** Takes the packages of TensorFlow.js from the global `tf`, to which each of their scripts adds. */
const fromGlobal: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'tensorflow-from-global',
  setup(build) {
    build.onResolve({filter: /^@tensorflow\//}, ({path}) => ({path, namespace: 'global'}));
    build.onLoad({filter: /.*/, namespace: 'global'}, ({path}) => {
      const name = path === '@tensorflow/tfjs-backend-wasm' ? 'tf.wasm' : 'tf';
      const script = path === '@tensorflow/tfjs-backend-wasm' ? 'tf-backend-wasm.min.js' : 'tf.min.js';
      return {
        contents: `
          if (globalThis.${name.replace('.', '?.')} === undefined) {
            throw new Error('tfjs-sts: there is no global ${name}; load ${script} of ${path.replace(/-(core|layers)$/, '')} before tfjs-sts.min.js.');
          }
          module.exports = globalThis.${name};`,
      };
    });
  },
};

export default defineConfig([
  {
    ...shared,
    entry: {...named, cli: 'src/cli/bin.ts', clip_loader: 'src/train/data/loaders/clip_loader.ts'},
    format: 'esm',
    dts: {entry: named},
  },
  // Its declarations are made of those above (scripts/setup.mjs): tsup would take as long again for the same.
  {...shared, entry: named, format: 'cjs', shims: true},
  {
    ...shared,
    entry: {'tfjs-sts': SCRIPT},
    outExtension: () => ({js: '.min.js'}),
    format: 'iife',
    globalName: 'sts',
    platform: 'browser',
    splitting: false,
    minify: true,
    external: [],
    noExternal: [/.*/],
    esbuildPlugins: [fromGlobal],
  },
]);
