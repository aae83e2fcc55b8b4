/**
 * A loader process: reads items as they are asked for and sends the clips. Started by process_pool.ts; like an entry of the package it
 * does something when it is run, and nothing imports it. Node only.
 */
import {ItemReader} from './item_reader';
import type {FromLoader, Order, ToLoader} from './messages';

const reader = new ItemReader();
/** What ends each order that is not answered yet. */
const endings = new Map<number, AbortController>();

async function answer({id, item, place, reading}: Order): Promise<void> {
  const ending = new AbortController();
  endings.set(id, ending);
  try {
    send({id, result: await reader.read(item, place, reading, ending.signal)});
  } catch (error) {
    send({id, error});
  } finally {
    endings.delete(id);
  }
}

function send(message: FromLoader): void {
  // Nobody is left to be told where the other process is gone.
  if (process.connected) process.send!(message, () => {});
}

function leave(id: number): void {
  endings.get(id)?.abort(new Error('nobody wants the clip any more'));
}

process.on('message', (message: ToLoader) => {
  if ('leave' in message) leave(message.leave);
  else void answer(message);
});

// The other process has let go of this one, or is gone, however it ended: every ffmpeg is ended, then nothing keeps this one alive.
process.on('disconnect', () => {
  for (const id of [...endings.keys()]) leave(id);
});
