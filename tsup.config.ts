/**
 * The build: every file directly in src/ is an entry. ESM and CJS share chunks among their entries, so that two
 * entries loaded by one program see one registry; the command line is ESM only.
 */
import {readdirSync, rmSync} from 'node:fs';
import {defineConfig, type Options} from 'tsup';

const entries = readdirSync('src')
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/${name}`);
const libraryEntries = entries.filter((path) => path !== 'src/cli.ts');

// Once for both builds below, which run side by side: each with a `clean` of its own would remove the other's files.
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

export default defineConfig([
  {...shared, entry: entries, format: 'esm', dts: {entry: libraryEntries}},
  {...shared, entry: libraryEntries, format: 'cjs', shims: true, dts: {entry: libraryEntries}},
]);
