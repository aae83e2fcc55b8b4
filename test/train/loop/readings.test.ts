/** What a run reads before it asks for it: in which order, no more than it will need, and nothing that goes on when the run is over. */
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../../src/entries/backends/cpu';
import * as sts from '../../../src/entries/index';
import {
  type Batches,
  type BatchesOptions,
  generated,
  type Recipe,
  type TrainOptions,
  train,
} from '../../../src/entries/train';
import {startBackend} from '../../support/backends';
import {smallData, smallModel, smallRecipe} from '../support/small_run.mjs';

beforeAll(() => startBackend('cpu'));

const make = () => smallModel(tfl, sts.layers, 11);
const valuesOf = (model: tfl.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

/** Notes what is begun, handed out and over, by the name of the data, epoch and batch. */
class Diary {
  readonly lines: string[] = [];
  /** Begun and not closed. */
  readonly open = new Set<string>();
  onLine: (line: string) => void = () => {};

  private note(line: string): void {
    this.lines.push(line);
    this.onLine(line);
  }

  data(name: string, size: number): Batches {
    const given = smallData(tf, size);
    const notes = (line: string) => this.note(line);
    const {open} = this;
    return {
      size,
      classes: given.classes,
      batches: () => {
        throw new Error('what can be begun is');
      },
      async begin(epoch: number, options: BatchesOptions) {
        const title = `${options.to === undefined ? name : 'precise'} ${epoch}`;
        notes(`begin ${title}`);
        const id = `${title} ${open.size}`;
        open.add(id);
        let isAsked = false;
        return {
          async *batches() {
            expect(isAsked).toBe(false);
            isAsked = true;
            let batch = options.from ?? 0;
            for await (const one of given.batches(epoch, options)) {
              notes(`${title}.${batch++}`);
              yield one;
            }
          },
          close: async () => void open.delete(id),
        };
      },
    };
  }
}

/** Of 21 samples in batches of 8, 2 precise batches of 5, 9 samples for validation in batches of 5. */
const SIZE = 21;
const recipe: Recipe = {...smallRecipe, validateEvery: 2};

async function plain() {
  const model = make();
  await train(model, smallData(tf, SIZE), {recipe, validation: smallData(tf, 9)});
  const values = valuesOf(model);
  model.dispose();
  return values;
}

describe('a run', () => {
  it('begins what comes next before the last batch of what it reads, and nothing after the last epoch', async () => {
    const diary = new Diary();
    const model = make();
    await train(model, diary.data('training', SIZE), {recipe, validation: diary.data('validation', 9)});
    expect(diary.lines).toEqual([
      'begin training 0',
      ...['training 0.0', 'training 0.1', 'begin precise 0', 'training 0.2'],
      // Two epochs, one validation: after the second and after the last.
      ...['precise 0.0', 'begin training 1', 'precise 0.1'],
      ...['training 1.0', 'training 1.1', 'begin precise 1', 'training 1.2'],
      ...['precise 1.0', 'begin validation 0', 'precise 1.1'],
      ...['validation 0.0', 'begin training 2', 'validation 0.1'],
      ...['training 2.0', 'training 2.1', 'begin precise 2', 'training 2.2'],
      ...['precise 2.0', 'begin validation 0', 'precise 2.1', 'validation 0.0', 'validation 0.1'],
    ]);
    expect(diary.open.size).toBe(0);
    expect(valuesOf(model)).toEqual(await plain());
    model.dispose();
  });

  it('whose epochs are a batch begins several, each once', async () => {
    const diary = new Diary();
    const model = make();
    const short = {...recipe, validateEvery: 1, preciseBatchNorm: 0};
    await train(model, diary.data('training', 8), {recipe: short, validation: diary.data('validation', 5)});
    const begun = diary.lines.filter((line) => line.startsWith('begin'));
    expect(begun).toEqual([0, 1, 2].flatMap((epoch) => [`begin training ${epoch}`, 'begin validation 0']));
    expect(diary.open.size).toBe(0);
    model.dispose();
  });

  it('asks data that cannot be begun for nothing before its turn', async () => {
    const lines: string[] = [];
    const noted = (name: string, data: Batches): Batches => ({
      size: data.size,
      classes: data.classes,
      async *batches(epoch, options) {
        lines.push(`${name} begins`);
        yield* data.batches(epoch, options);
        lines.push(`${name} ends`);
      },
    });
    const model = make();
    const once = {...recipe, epochs: 2, validateEvery: 1, preciseBatchNorm: 0};
    await train(model, noted('training', smallData(tf, SIZE)), {
      recipe: once,
      validation: noted('validation', smallData(tf, 9)),
    });
    const epoch = ['training begins', 'training ends', 'validation begins', 'validation ends'];
    expect(lines).toEqual([...epoch, ...epoch]);
    model.dispose();
  });

  it('leaves nothing open that was begun, wherever it is told to end', async () => {
    const diary = new Diary();
    const model = make();
    await train(model, diary.data('training', SIZE), {recipe, validation: diary.data('validation', 9)});
    model.dispose();
    for (const line of new Set(diary.lines)) {
      const cut = new Diary();
      const stop = new AbortController();
      cut.onLine = (noted) => {
        if (noted === line) stop.abort(new Error('enough'));
      };
      const other = make();
      const before = tf.memory().numTensors;
      const run = train(other, cut.data('training', SIZE), {
        ...{recipe, signal: stop.signal},
        validation: cut.data('validation', 9),
      });
      // With the last batch of all a run is over.
      await run.catch((error) => expect([line, error.message]).toEqual([line, 'enough']));
      expect([line, cut.open.size, tf.memory().numTensors]).toEqual([line, 0, before]);
      other.dispose();
    }
  });

  it('gives its folder back where closing fails', async () => {
    const model = make();
    const path = mkdtempSync(join(tmpdir(), 'tfjs-sts-readings-'));
    const data = smallData(tf, SIZE);
    const failing: Batches = {
      ...data,
      begin: async (epoch, options) => ({
        batches: () => data.batches(epoch, options),
        close: () => Promise.reject(new Error('will not close')),
      }),
    };
    for (const resume of [false, true])
      await expect(train(model, failing, {recipe, directory: path, resume})).rejects.toThrow(
        'will not close',
      );
    expect(existsSync(join(path, 'running'))).toBe(false);
    rmSync(path, {recursive: true});
    model.dispose();
  });

  it('is taken up behind batches that the data left out', async () => {
    const path = mkdtempSync(join(tmpdir(), 'tfjs-sts-readings-'));
    const given = smallData(tf, SIZE);
    const data: Batches = {
      ...given,
      async *batches(epoch, options) {
        let step = options.from ?? 0;
        for await (const batch of given.batches(epoch, options)) {
          if (step > 0) yield {...batch, step};
          else tf.dispose([batch.x, batch.y]);
          step++;
        }
      },
    };
    const outcome = async (more: Partial<TrainOptions> = {}) => {
      const model = make();
      await train(model, data, {recipe, ...more}).catch((error) => expect(error.message).toBe('enough'));
      const values = valuesOf(model);
      model.dispose();
      return values;
    };
    const stop = new AbortController();
    await outcome({directory: path, signal: stop.signal, onProgress: () => stop.abort(new Error('enough'))});
    expect(await outcome({directory: path, resume: true})).toEqual(await outcome());
    rmSync(path, {recursive: true});
  });

  it('says what went wrong at a beginning when it comes there, and closes the others', async () => {
    const diary = new Diary();
    const validation = diary.data('validation', 9);
    const {begin} = validation;
    let times = 0;
    const broken: Batches = {
      ...validation,
      begin: (epoch, options) =>
        ++times === 2 ? Promise.reject(new Error('no more')) : begin!(epoch, options),
    };
    const model = make();
    let updates = 0;
    const onProgress = () => updates++;
    const run = train(model, diary.data('training', SIZE), {recipe, validation: broken, onProgress});
    await expect(run).rejects.toThrow('no more');
    expect([updates, diary.open.size]).toEqual([9, 0]);
    model.dispose();
  });
});

it('data sets of ours give a run the same bits, begun before or not', async () => {
  const data = (training: boolean) =>
    generated({
      classes: ['a', 'b', 'c'],
      labels: Array.from({length: 13}, (_, i) => i % 3),
      // As it happens with files, the later ones may be ready first.
      make: async (index, random) => {
        const bytes = Uint8Array.from(
          {length: 4 * 6 * 6 * 3},
          () => 60 * (index % 3) + 80 * random.uniform(),
        );
        await new Promise((resolve) => setTimeout(resolve, (index * 5) % 7));
        return {data: bytes, frames: 4, height: 6, width: 6};
      },
      training,
      std: 100,
      mix: {mixup: 0.2},
    });
  const later = (given: Batches): Batches => ({
    ...{size: given.size, classes: given.classes},
    batches: (epoch, options) => given.batches(epoch, options),
  });
  const outcome = async (wrapped: (data: Batches) => Batches) => {
    const input = tfl.input({shape: [4, 6, 6, 3]});
    const normal = sts.layers.batchNorm3d({}).apply(input) as tfl.SymbolicTensor;
    const pooled = sts.layers.globalAveragePooling3d({}).apply(normal) as tfl.SymbolicTensor;
    const dense = tfl.layers.dense({units: 3, kernelInitializer: tfl.initializers.glorotUniform({seed: 2})});
    const model = tfl.model({inputs: input, outputs: dense.apply(pooled) as tfl.SymbolicTensor});
    const {epochs} = await train(model, wrapped(data(true)), {
      recipe: {...smallRecipe, batchSize: 4, microBatchSize: 3},
      validation: wrapped(data(false)),
    });
    const values = valuesOf(model);
    model.dispose();
    return {epochs, values};
  };
  const begun = await outcome((given) => given);
  expect(await outcome(later)).toEqual(begun);
});
