/** What every command that trains needs first: the backend, the task, and somebody to tell. */
import {join} from 'node:path';

/** Modules that need the built package are loaded here, so that other commands do without. */
export async function prepare({protocol, directory, tiny}) {
  const {startBackend} = await import('./backend.mjs');
  const machine = await startBackend();
  const {createTask} = await import('./task/task.mjs');
  const {drawnSources, loadSources} = await import('./task/sources.mjs');
  const {things, pictureClasses, spriteSeed} = protocol.task;
  const count = things + pictureClasses;
  const sources = tiny ? drawnSources(count) : loadSources(join(directory, '..'), {count, seed: spriteSeed});
  return {machine, task: createTask(sources, protocol.task), names: sources.names};
}

/** A line now and then, where somebody looks. */
export function progress(id) {
  let last = Date.now();
  return ({epoch, epochs, loss, accuracy}) => {
    if (Date.now() - last < 30_000) return;
    last = Date.now();
    console.error(
      `${id}: epoch ${epoch + 1} of ${epochs}, loss ${loss.toFixed(3)}, accuracy ${accuracy.toFixed(3)}`,
    );
  };
}
