/** A build of the loader process's program for tests of the sources, which Node cannot run as they are. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {buildSync} from 'esbuild';
import {loaderProgram} from '../../../src/train/data/loaders/process_pool';

/** Has loader processs run the sources. Returns what removes the build. */
export function buildLoader(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-loader-'));
  const outfile = join(folder, 'clip_loader.mjs');
  const source = new URL('../../../src/train/data/loaders/clip_loader.ts', import.meta.url);
  buildSync({
    entryPoints: [fileURLToPath(source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Processes start without TensorFlow.js, which costs a second: an import of it would not be found.
    external: ['@tensorflow/*'],
    logLevel: 'error',
  });
  loaderProgram.url = () => pathToFileURL(outfile);
  return () => rmSync(folder, {recursive: true});
}
