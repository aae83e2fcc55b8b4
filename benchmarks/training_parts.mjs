/**
 * `npm run bench:parts`: where the time of a training step goes on wasm, on one thread and on two: in convolutions with their gradients, in
 * batch normalization, in other kernels, in the update of the weights, and between them, in JavaScript and in waiting for the other thread. A clock is read
 * around each function of the module, on the main thread, in steps without a pause. `-- --only WORD` takes the networks with WORD in their title, `--threads N`
 * so many threads alone, `--steps N` other than a hundred.
 */
import os from 'node:os';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {Player} from './player.mjs';
import {NETWORKS} from './training_networks.mjs';

const {values: options} = parseArgs({
  options: {
    only: {type: 'string', default: ''},
    steps: {type: 'string', default: '100'},
    threads: {type: 'string', multiple: true, default: ['1', '2']},
  },
});
/** Milliseconds of steps that do not count, and steps of a large network. */
const WARM_UP = 4000;
const LEAST_STEPS = 5;

const command = [process.execPath, fileURLToPath(new URL('players/training.mjs', import.meta.url))];
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

for (const {title, ...network} of NETWORKS.filter(({title}) => title.includes(options.only))) {
  for (const threads of options.threads.map(Number)) {
    const player = new Player(command, {...network, backend: 'wasm', threads, parts: true});
    await player.next();
    const begun = performance.now();
    const steps = [];
    do await player.ask('step');
    while (performance.now() - begun < WARM_UP);
    for (let i = 0; i < Number(options.steps); i++) {
      // Large networks show the same in fewer.
      if (i >= LEAST_STEPS && performance.now() - begun > 5 * WARM_UP) break;
      steps.push(await player.ask('step'));
    }
    await player.end();
    const wall = median(steps.map((step) => step.wall));
    const parts = Object.keys(steps[0].parts).map((kind) => [
      kind,
      median(steps.map(({parts}) => parts[kind])),
    ]);
    const between = wall - parts.reduce((sum, [, ms]) => sum + ms, 0);
    const share = (100 * (1 - parts.find(([kind]) => kind === 'convolutions')[1] / wall)).toFixed(0);
    const texts = [...parts, ['between them', between]].map(([kind, ms]) => `${kind} ${ms.toFixed(1)}`);
    console.log(
      `${title.padEnd(42)} ${threads} threads, load ${os.loadavg()[0].toFixed(1)}: ${wall.toFixed(1)} ms: ` +
        `${texts.join(', ')}; not a convolution ${share}%`,
    );
  }
}
