/**
 * A loader thread: reads items as they are asked for and sends the clips. Started by thread_pool.ts; like an entry of the package it
 * does something when it is run, and nothing imports it. Node only.
 */
import {parentPort, workerData} from 'node:worker_threads';
import {ItemReader} from './item_reader';
import type {FromLoader, LoaderData, ToLoader} from './messages';

const reader = new ItemReader((workerData as LoaderData).reading);
const ending = new AbortController();

async function answer({id, item, place}: Exclude<ToLoader, 'end'>): Promise<void> {
  try {
    const result = await reader.read(item, place, ending.signal);
    const message: FromLoader = {id, result};
    parentPort!.postMessage(message, 'data' in result ? [result.data.buffer as ArrayBuffer] : []);
  } catch (error) {
    const message: FromLoader = {id, error};
    parentPort!.postMessage(message);
  }
}

parentPort!.on('message', (message: ToLoader) => {
  if (message !== 'end') {
    void answer(message);
    return;
  }
  // Every ffmpeg of this thread is ended, then nothing keeps the thread alive.
  ending.abort(new Error('the loader was ended'));
  parentPort!.close();
});
