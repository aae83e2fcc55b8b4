/**
 * `npm run experiment -- NAME [COMMAND]`: experiments are folders beside this file, each with a main.mjs. They use the package as its
 * users do, so `npm run build` comes first.
 */
import {existsSync} from 'node:fs';

const [name, ...rest] = process.argv.slice(2);
const main = new URL(`./${name}/main.mjs`, import.meta.url);
if (!/^\w+$/.test(name ?? '') || !existsSync(main)) {
  console.error(
    'Which experiment? npm run experiment -- claims [run | status | analyze | models | pilot], or camera [train | test | choose | real]',
  );
  process.exitCode = 1;
} else {
  const {run} = await import(main.href);
  process.exitCode = await run(rest);
}
