/** saveModel in a page: the file is offered as a download, and the browser's own storage gives the model back. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {beforeAll, expect, it, vi} from 'vitest';
import {createNetwork} from '../../../src/entries/networks';
import {loadModel, saveModel} from '../../../src/entries/zoo';

const INFO = {mean: 127, std: [2, 3, 4], labels: ['a', 'b', 'c', 'd', 'e']} as const;

beforeAll(() => tf.setBackend('cpu'));

it('downloads the file that loadModel takes', async () => {
  const model = createNetwork('efficientnet_lite_tiny');
  const downloads: [string, Promise<ArrayBuffer>][] = [];
  // What the browser does behind a click no script sees.
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    downloads.push([this.download, fetch(this.href).then((response) => response.arrayBuffer())]);
  });
  await saveModel(model, 'models/mine.safetensors', INFO);
  vi.restoreAllMocks();
  expect(downloads.map(([name]) => name)).toEqual(['mine.safetensors']);
  const bytes = new Uint8Array(await downloads[0]![1]);
  const again = await loadModel('mine.safetensors', {readFile: async () => bytes});
  expect(again.info).toMatchObject({...INFO, network: 'efficientnet_lite_tiny'});
  const values = ({weights}: typeof model) => weights.map((weight) => weight.read().dataSync());
  expect(values(again.model)).toEqual(values(model));
  model.dispose();
  again.model.dispose();
});

it("keeps a model in the browser's database", async () => {
  const model = createNetwork('efficientnet_lite_tiny');
  await saveModel(model, tf.io.getSaveHandlers('indexeddb://mine')[0]!, INFO);
  const again = await loadModel(tf.io.getLoadHandlers('indexeddb://mine')[0]!);
  expect(again.info).toMatchObject(INFO);
  const values = ({weights}: typeof model) => weights.map((weight) => weight.read().dataSync());
  expect(values(again.model)).toEqual(values(model));
  await tf.io.removeModel('indexeddb://mine');
  model.dispose();
  again.model.dispose();
});
