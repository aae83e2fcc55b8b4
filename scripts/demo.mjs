/**
 * `npm run demo`: from a bare clone to the labels of a clip. Installs what is missing, builds, and runs the command
 * line on the first clip of examples/clips; further arguments go to it (`npm run demo -- --top 3`).
 */
import {spawnSync} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, ensureFfmpeg, ensurePackages} from './setup.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));

function demo() {
  if (!ensurePackages()) return 1;
  if (ensureFfmpeg() === undefined) return 1;
  console.error('Building ...');
  if (!build()) return 1;
  const folder = 'examples/clips';
  const clip = readdirSync(folder)
    .sort()
    .find((name) => /\.(mp4|webm|mkv|mov)$/.test(name));
  if (clip === undefined) {
    console.error(`There is no clip in ${folder}; try: node dist/cli.js predict VIDEO`);
    return 1;
  }
  const command = ['dist/cli.js', 'predict', join(folder, clip), ...process.argv.slice(2)];
  console.error(`node ${command.join(' ')}`);
  return spawnSync(process.execPath, command, {stdio: 'inherit'}).status ?? 1;
}

process.exitCode = demo();
