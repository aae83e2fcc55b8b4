/**
 * The training loop against one written differently: the host's tape and plain arithmetic of float64. Also what it refuses, that it
 * leaks nothing, and that a run which is taken up is the run that was not interrupted.
 */
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import '../../../src/entries/backends/cpu';
import '../../../src/entries/backends/wasm';
import * as checkpoints from '../../../src/entries/checkpoints';
import * as sts from '../../../src/entries/index';
import {
  type Batch,
  type Batches,
  type DataRecipe,
  evaluate,
  generated,
  type Recipe,
  TrainingDivergedError,
  train,
} from '../../../src/entries/train';
import {runRecord} from '../../../src/train/run_files/run_state';
import {backendNames, startBackend} from '../../support/backends';
import {hashOf} from '../../support/fill';
import {channelStatistics, twoNorms, withSeen} from '../support/norms';
import {eventFiles, readScalars} from '../support/read_events';
import {smallData, smallModel, smallRecipe} from '../support/small_run.mjs';
import {expectAsGiven, noise, readTrainingVectors} from '../support/vectors';

const folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-train-'));
afterAll(() => rmSync(folder, {recursive: true}));

const SIZE = 21;
const make = () => smallModel(tfl, sts.layers, 11);
const data = (size = SIZE) => smallData(tf, size);
const valuesOf = (model: tfl.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

/** Ends a run after some updates. */
async function interrupted(
  model: tfl.LayersModel,
  directory: string,
  updates: number,
  recipe: Recipe,
): Promise<void> {
  const stop = new AbortController();
  let seen = 0;
  const onProgress = () => {
    if (++seen === updates) stop.abort(new Error('enough'));
  };
  const options = {recipe, directory, resume: true, validation: data(9), onProgress};
  await expect(train(model, data(), {...options, signal: stop.signal})).rejects.toThrow('enough');
}

describe.each(backendNames)('on %s', (backend) => {
  beforeAll(() => startBackend(backend));

  it('a run taken up three times is bit for bit the run that was not interrupted, and leaks nothing', async () => {
    const [whole, parts] = [make(), make()];
    const before = tf.memory().numTensors;
    const one = join(folder, `${backend}-whole`);
    const options = {recipe: smallRecipe, validation: data(9)};
    const finished = await train(whole, data(), {...options, directory: one});
    expect(tf.memory().numTensors).toBe(before);
    expect(finished.updates).toBe(9);

    const two = join(folder, `${backend}-parts`);
    // How memory is saved may change on the way.
    for (const [updates, seed, recompute] of [
      [1, 11, false],
      [3, 98, true],
      [2, 99, false],
    ] as const) {
      // A model of its own, as in another process; only the first one's weights count.
      const model = smallModel(tfl, sts.layers, seed);
      await interrupted(model, two, updates, {...smallRecipe, recompute});
      model.dispose();
    }
    const last = await train(parts, data(), {...options, directory: two, resume: true});
    expect(valuesOf(parts)).toEqual(valuesOf(whole));
    expect(last.best).toEqual(finished.best);
    for (const file of ['log.jsonl', 'best.safetensors', 'checkpoint.safetensors'])
      expect(readFileSync(join(two, file)).equals(readFileSync(join(one, file))), file).toBe(true);
    const report = (directory: string, model: tfl.LayersModel) =>
      readFileSync(join(directory, 'report.html'), 'utf8').replaceAll(model.name, 'the model');
    expect(report(two, parts)).toBe(report(one, whole));
    expect(readScalars(two)).toEqual(readScalars(one));
    expect(eventFiles(two).length).toBeGreaterThan(1);
    whole.dispose();
    parts.dispose();
  });

  it('leaves weights that are not float32 as they are, and takes them up with the run', async () => {
    /** Keeps a number that float32 would round, and which of its inputs count. */
    class Masked extends tfl.layers.Layer {
      static readonly className = 'Masked';
      private mask: tfl.LayerVariable | undefined;
      override build(): void {
        const filled = (value: number) => ({apply: () => tf.fill([3], value, 'int32')}) as never;
        const mask = {apply: () => tf.tensor1d([1, 0, 1], 'bool')} as never;
        this.addWeight('count', [3], 'int32', filled(2 ** 24 + 1), undefined, false);
        this.mask = this.addWeight('mask', [3], 'bool', mask, undefined, false);
        this.built = true;
      }
      override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => tf.mul([x].flat()[0]!, tf.cast(this.mask!.read(), 'float32')));
      }
    }
    const masked = (seed: number) => {
      const model = smallModel(tfl, sts.layers, seed);
      const y = new Masked({name: 'masked'}).apply(model.outputs[0]!) as tfl.SymbolicTensor;
      return tfl.model({inputs: model.inputs, outputs: y});
    };
    const [whole, parts, other] = [masked(11), masked(11), masked(12)];
    const directory = join(folder, `${backend}-masked`);
    const options = {recipe: smallRecipe, directory: join(folder, `${backend}-masked-whole`)};
    await train(whole, data(), options);
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('enough'));
    await expect(
      train(parts, data(), {...options, directory, onProgress, signal: stop.signal}),
    ).rejects.toThrow('enough');
    await train(other, data(), {...options, directory, resume: true});
    expect(valuesOf(other)).toEqual(valuesOf(whole));
    const weights = Object.fromEntries(other.weights.map((one) => [one.originalName, one.read().dataSync()]));
    expect(weights['masked/count']).toEqual(new Int32Array(3).fill(2 ** 24 + 1));
    expect([...weights['masked/mask']!]).toEqual([1, 0, 1]);
    for (const model of [whole, parts, other]) model.dispose();
  });

  it.each(['just ends', 'fails in words of its own'])(
    'rejects with the reason when data that was told to end %s',
    async (way) => {
      const two = join(folder, `${backend}-${way}`);
      const recipe = {...smallRecipe, epochs: 1};
      const enough = new Error('enough');
      /** Told to end as it is asked for the second batch. */
      const ending = (stop: AbortController, size: number): Batches => {
        const given = data(size);
        return {
          ...{size, classes: given.classes},
          async *batches(epoch, options) {
            let asked = 0;
            for await (const batch of given.batches(epoch, options)) {
              if (asked++ === 1) {
                tf.dispose([batch.x, batch.y]);
                stop.abort(enough);
                if (way === 'just ends') return;
                throw new Error('the operation was aborted', {cause: enough});
              }
              yield batch;
            }
          },
        };
      };
      const [training, validating] = [new AbortController(), new AbortController()];
      const model = make();
      const options = {recipe, directory: two, resume: true};
      await expect(train(model, ending(training, SIZE), {...options, signal: training.signal})).rejects.toBe(
        enough,
      );
      const updates = () =>
        runRecord(checkpoints.read(readFileSync(join(two, 'checkpoint.safetensors'))), 'test').position
          .updates;
      expect(updates()).toBe(1);
      const validation = ending(validating, 9);
      await expect(train(model, data(), {...options, validation, signal: validating.signal})).rejects.toBe(
        enough,
      );
      expect(updates()).toBe(3);
      expect(existsSync(join(two, 'best.safetensors'))).toBe(false);
      const told = AbortSignal.abort(enough);
      await expect(train(model, data(), {recipe, directory: join(two, 'new'), signal: told})).rejects.toBe(
        enough,
      );
      expect(existsSync(join(two, 'new'))).toBe(false);
      model.dispose();
    },
  );

  it('keeps what it has learnt when it is told to end, or fails, while it waits for data, makes batch norm precise or judges', async () => {
    const [whole, one] = [make(), join(folder, `${backend}-judged`)];
    await train(whole, data(), {recipe: smallRecipe, validation: data(9), directory: one});
    const two = join(folder, `${backend}-waiting`);
    /** Tells a run to end as its data is asked for this batch: of an epoch 3 are learnt from, then 2 make batch norm precise. */
    const endAt = async (where: 'training' | 'validation', batch: number, isTold = true) => {
      const stop = new AbortController();
      const enough = new Error('enough');
      let asked = 0;
      const wait = async () => {
        if (++asked < batch) return;
        if (isTold) stop.abort(enough);
        throw enough;
      };
      const model = make();
      const run = train(model, smallData(tf, SIZE, where === 'training' ? wait : undefined), {
        ...{recipe: smallRecipe, directory: two, resume: true, signal: stop.signal},
        validation: smallData(tf, 9, where === 'validation' ? wait : undefined),
      });
      await expect(run).rejects.toBe(enough);
      const averages = model.getLayer('norm').getWeights().slice(2);
      const left = averages.map((average) => [...average.dataSync()]);
      model.dispose();
      const file = checkpoints.read(readFileSync(join(two, 'checkpoint.safetensors')));
      return {updates: runRecord(file, 'test').position.updates, left};
    };
    expect((await endAt('training', 2, false)).updates).toBe(1);
    // Two updates more; before the first precise batch and between the two the averages are those of training.
    const [first, second] = [await endAt('training', 3), await endAt('training', 2)];
    expect([first.updates, second.updates]).toEqual([3, 3]);
    expect(second.left).toEqual(first.left);
    expect((await endAt('validation', 1)).updates).toBe(3);
    // Two precise batches and two updates of the next epoch.
    expect((await endAt('training', 2 + 2 + 1)).updates).toBe(5);
    const parts = make();
    await train(parts, data(), {recipe: smallRecipe, validation: data(9), directory: two, resume: true});
    expect(valuesOf(parts)).toEqual(valuesOf(whole));
    for (const file of ['log.jsonl', 'best.safetensors', 'checkpoint.safetensors'])
      expect(readFileSync(join(two, file)).equals(readFileSync(join(one, file))), file).toBe(true);
    whole.dispose();
    parts.dispose();
  });

  it('one update is that of the formulas, over pieces of a batch', async () => {
    const recipe: Recipe = {
      epochs: 1,
      batchSize: 6,
      microBatchSize: 4,
      learningRate: 0.5,
      optimizer: {name: 'sgd'},
      weightDecay: 0.1,
      decayBiases: false,
      layerRates: [{layers: 'class*', factor: 0.5}],
      schedule: {name: 'constant'},
    };
    const model = linearModel();
    const [kernel, bias] = valuesOf(model) as [number[], number[]];
    const before = tf.memory().numTensors;
    await train(model, data(6), {recipe});
    expect(tf.memory().numTensors).toBe(before);
    const samples: {x: number[]; y: number[]}[] = [];
    for await (const {x, y} of data(6).batches(0, {batchSize: 6, seed: 0})) {
      const [rows, targets] = [tf.reshape(x, [6, -1]).arraySync(), y.arraySync()] as [number[][], number[][]];
      rows.forEach((row, i) => {
        samples.push({x: row, y: targets[i]!});
      });
      tf.dispose([x, y]);
    }
    // Of softmax cross entropy: x (p - y), the mean over the samples.
    const gradient = kernel.map(() => 0);
    const ofBias = [0, 0, 0];
    for (const {x, y} of samples) {
      const logits = ofBias.map(
        (_, c) => bias[c]! + x.reduce((sum, value, k) => sum + value * kernel[k * 3 + c]!, 0),
      );
      const exps = logits.map(Math.exp);
      const total = exps.reduce((sum, value) => sum + value, 0);
      exps.forEach((value, c) => {
        const off = (value / total - y[c]!) / samples.length;
        ofBias[c]! += off;
        x.forEach((input, k) => {
          gradient[k * 3 + c]! += input * off;
        });
      });
    }
    const [newKernel, newBias] = valuesOf(model) as [number[], number[]];
    const rate = 0.5 * 0.5;
    kernel.forEach((value, k) => {
      expect(newKernel[k]).toBeCloseTo(value - rate * (gradient[k]! + 0.1 * value), 5);
    });
    bias.forEach((value, c) => {
      expect(newBias[c]).toBeCloseTo(value - rate * ofBias[c]!, 5);
    });
    model.dispose();
  });
});

/** Logistic regression, biases that are not 0. */
function linearModel(): tfl.LayersModel {
  const clip = tfl.input({shape: [4, 6, 6, 2]});
  const flat = tfl.layers.flatten().apply(clip) as tfl.SymbolicTensor;
  const args = {units: 3, kernelInitializer: tfl.initializers.glorotUniform({seed: 5}), name: 'classifier'};
  const layer = tfl.layers.dense({...args, biasInitializer: tfl.initializers.constant({value: 0.25})});
  return tfl.model({inputs: clip, outputs: layer.apply(flat) as tfl.SymbolicTensor});
}

const namedValues = (model: tfl.LayersModel) =>
  new Map(valuesOf(model).map((values, i) => [model.weights[i]!.originalName, values]));

function expectClose(found: tf.Tensor, expected: number[]): void {
  expect([...found.dataSync()]).toEqual(expected.map((value) => expect.closeTo(value, 5)));
}

describe('a run', () => {
  beforeAll(() => startBackend('cpu'));

  it('augments as the recipe says, and not what it is validated on', async () => {
    // Every clip is dark on the left and bright on the right, and a convolution of one tap sees where.
    const half = (index: number) =>
      Uint8Array.from({length: 4 * 6 * 6 * 3}, (_, i) => (i % 18 < 9 ? 0 : 200 + index));
    const clips = (training: boolean) =>
      generated({
        classes: ['a', 'b', 'c'],
        labels: [0, 1, 2],
        make: (index) => ({data: half(index), frames: 4, height: 6, width: 6}),
        training,
      });
    const seen: number[][] = [];
    const spied = (data: Batches): Batches => ({
      size: data.size,
      classes: data.classes,
      async *batches(epoch, options) {
        for await (const batch of data.batches(epoch, options)) {
          const lefts = tf.tidy(() =>
            tf.mean(tf.slice(batch.x, [0, 0, 0, 0, 0], [-1, 4, 6, 3, 3]), [1, 2, 3, 4]),
          );
          seen.push([...lefts.dataSync()]);
          lefts.dispose();
          yield batch;
        }
      },
      ...(data.augmented && {augmented: (recipe: DataRecipe) => spied(data.augmented!(recipe))}),
    });
    const input = tfl.input({shape: [4, 6, 6, 3]});
    const pooled = sts.layers.globalAveragePooling3d({}).apply(input) as tfl.SymbolicTensor;
    const model = tfl.model({
      inputs: input,
      outputs: tfl.layers.dense({units: 3}).apply(pooled) as tfl.SymbolicTensor,
    });
    const recipe: Recipe = {
      ...{epochs: 1, batchSize: 3, learningRate: 0, optimizer: {name: 'sgd'}},
      augmentation: {flip: 1, area: [1, 1], aspect: [1, 1]},
    };
    await train(model, spied(clips(false)), {recipe, validation: spied(clips(false))});
    const [training, validation] = seen as [number[], number[]];
    expect(training.every((value) => value >= 200)).toBe(true);
    expect(validation).toEqual([0, 0, 0]);
    model.dispose();
  });

  it('learns, says how far it is, and evaluate agrees with its own validation', async () => {
    const model = make();
    const seen: number[] = [];
    const recipe = {...smallRecipe, epochs: 4, averageDecay: 0.5, seed: 1};
    const validation = data(9);
    const {epochs, best} = await train(model, data(48), {
      recipe,
      validation,
      onProgress: ({epoch, step, steps, secondsLeft}) => {
        expect(secondsLeft).toBeGreaterThanOrEqual(0);
        seen.push(epoch * steps + step);
      },
    });
    expect(seen).toEqual(Array.from({length: 24}, (_, i) => i + 1));
    expect(epochs.at(-1)!.loss).toBeLessThan(0.7 * epochs[0]!.loss);
    expect(best!.top1).toBeGreaterThan(0.8);
    expect(await evaluate(model, validation, {batchSize: 5})).toEqual(epochs.at(-1)!.validation);
    model.dispose();
  });

  it('of pictures is of a model of one frame', async () => {
    const model = make();
    const make1 = () => ({data: new Uint8Array(6 * 6 * 3), frames: 1, height: 6, width: 6});
    const pictures = generated({classes: ['a', 'b', 'c'], labels: [0, 1, 2], make: make1, pictures: true});
    const before = tf.memory().numTensors;
    const words =
      'the data are pictures, the model takes clips of 4 frames; give clips, or a model of one frame.';
    await expect(evaluate(model, pictures)).rejects.toThrow(`evaluate: ${words}`);
    await expect(train(model, pictures, {recipe: smallRecipe})).rejects.toThrow(`train: ${words}`);
    const both = {recipe: {...smallRecipe, epochs: 1}, validation: pictures};
    await expect(train(model, data(), both)).rejects.toThrow(`train: validation: ${words}`);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('refuses data that give nothing', async () => {
    const model = make();
    const empty = {size: 4, classes: ['a', 'b', 'c'], async *batches() {}};
    await expect(train(model, empty, {recipe: smallRecipe})).rejects.toThrow(
      'train: the data gave no batch in epoch 0, though it says that it has 4 samples',
    );
    model.dispose();
  });

  it('holds no more tensors and bytes after 200 updates than after the first epoch', async () => {
    const model = make();
    const memory: string[] = [];
    const onProgress = () => {
      const {numTensors, numBytes} = tf.memory();
      memory.push(`${numTensors} tensors, ${numBytes} bytes`);
    };
    const recipe = {...smallRecipe, epochs: 50, batchSize: 4, microBatchSize: 3, validateEvery: 10};
    const saved = {directory: join(folder, 'flat'), checkpointEvery: 7};
    await train(model, data(16), {recipe, validation: data(6), ...saved, onProgress});
    expect(memory).toHaveLength(200);
    // What a pass through the model for precise batch norm goes by is known from the end of the first epoch on.
    expect([...new Set(memory.slice(4))]).toEqual([memory[4]]);
    model.dispose();
  });

  it('frozen layers stay as they are, their norms too, and are given back', async () => {
    const model = make();
    const before = valuesOf(model);
    const flags = () => model.layers.map(({trainable}) => trainable);
    const trainable = flags();
    const recipe: Recipe = {...smallRecipe, epochs: 1, frozen: ['conv', 'n*']};
    await train(model, data(), {recipe});
    const names = model.weights.map(({originalName}) => originalName);
    const changed = names.filter((_, i) => String(valuesOf(model)[i]) !== String(before[i]));
    expect(changed).toEqual(['classifier/kernel', 'classifier/bias']);
    expect(flags()).toEqual(trainable);
    model.dispose();
  });

  it('adds up pieces of a batch as PyTorch does, over 200 updates', async () => {
    const {accumulated} = await readTrainingVectors();
    const [inputs, size] = [noise('accumulated', 50 * 6), 5];
    const given: Batches = {
      size: 50,
      classes: ['a', 'b', 'c'],
      async *batches() {
        for (let begin = 0; begin < 50; begin += size) {
          const labels = Array.from({length: size}, (_, i) => hashOf(`accumulated${begin + i}`) % 3);
          const x = tf.tensor2d(inputs.slice(begin * 6, (begin + size) * 6), [size, 6]);
          yield {x, y: tf.oneHot(tf.tensor1d(labels, 'int32'), 3)};
        }
      },
    };
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({inputShape: [6], units: 4, activation: 'tanh', name: 'hidden'}),
        tfl.layers.dense({units: 3, name: 'classifier'}),
      ],
    });
    const names = model.weights.map(({originalName}) => originalName);
    model.setWeights(
      model.weights.map(({shape}, i) => {
        const lengths = shape as number[];
        const count = lengths.reduce((product, length) => product * length, 1);
        return tf.tensor(noise(names[i]!, count), lengths);
      }),
    );
    const recipe: Recipe = {
      ...{epochs: 20, batchSize: size, microBatchSize: 3, learningRate: 0.05, weightDecay: 1e-3},
      optimizer: {name: 'sgd', momentum: 0.9},
      schedule: {name: 'constant'},
    };
    let updates = 0;
    const onProgress = () => {
      const values = valuesOf(model).map((value, i) => [names[i]!, value] as const);
      expectAsGiven(accumulated, ++updates, new Map(values));
    };
    await train(model, given, {recipe, onProgress});
    expect(updates).toBe(200);
    model.dispose();
  });

  it('precise batch norm leaves the means of the statistics of some batches behind', async () => {
    const model = make();
    const {seen, spied} = withSeen(data(27));
    // Nothing is learned, so the convolution stays as it is.
    const recipe: Recipe = {
      ...{epochs: 1, batchSize: 9, learningRate: 0, optimizer: {name: 'sgd'}, preciseBatchNorm: 2},
    };
    await train(model, spied, {recipe});
    // Three for the update, then two, whose variances are of other samples than those of an epoch.
    expect(seen).toHaveLength(5);
    const statistics = seen.slice(3).map((x) => channelStatistics(model, 'conv', x));
    const [, , means, variances] = model.getLayer('norm').getWeights();
    const halves = (of: 'mean' | 'variance') =>
      statistics[0]![of].map((value, c) => (value + statistics[1]![of][c]!) / 2);
    expectClose(means!, halves('mean'));
    expectClose(variances!, halves('variance'));
    tf.dispose(seen);
    model.dispose();
  });

  it.each(['BatchNorm3D', 'BatchNormalization'])(
    'partial batch norm: of %s the first alone moves',
    async (name) => {
      const model = twoNorms(name);
      const before = namedValues(model);
      const {seen, spied} = withSeen(data(24));
      const still: Recipe = {
        ...{epochs: 1, batchSize: 8, learningRate: 0, optimizer: {name: 'sgd'}, batchNorms: 'partial'},
      };
      await train(model, spied, {recipe: still});
      expect(seen).toHaveLength(3);
      let [mean, variance] = [before.get('first/moving_mean')!, before.get('first/moving_variance')!];
      for (const x of seen) {
        const batch = channelStatistics(model, 'conv', x);
        mean = mean.map((value, c) => 0.9 * value + 0.1 * batch.mean[c]!);
        variance = variance.map((value, c) => 0.9 * value + 0.1 * batch.variance[c]!);
      }
      const [, , movedMean, movedVariance] = model.getLayer('first').getWeights();
      expectClose(movedMean!, mean);
      expectClose(movedVariance!, variance);
      // The others stay, and so does what the rate 0 leaves.
      const after = namedValues(model);
      const changed = (now: typeof after) =>
        [...before.keys()].filter((key) => String(now.get(key)) !== String(before.get(key)));
      expect(changed(after)).toEqual(['first/moving_mean', 'first/moving_variance']);

      await train(model, data(8), {recipe: {...still, learningRate: 0.1, preciseBatchNorm: 1}});
      const all = [...before.keys()];
      expect(changed(namedValues(model))).toEqual(all.filter((key) => !key.startsWith('second/')));
      tf.dispose(seen);
      model.dispose();
    },
  );

  /** The data of a run, with something done to one of its batches. */
  const changed = (at: readonly [number, number], change: (batch: Batch) => Batch): Batches => {
    const good = data();
    return {
      ...good,
      async *batches(epoch, options) {
        let step = options.from ?? 0;
        for await (const batch of good.batches(epoch, options))
          yield epoch === at[0] && step++ === at[1] ? change(batch) : batch;
      },
    };
  };
  /** With a value of one of its samples. */
  const withValue = ({x, y}: Batch, sample: number, value: number, names?: readonly string[]): Batch => {
    const values = x.dataSync<'float32'>().slice();
    values[(sample * x.size) / x.shape[0]! + 17] = value;
    const broken = tf.tensor(values, x.shape);
    x.dispose();
    return {x: broken, y, ...(names && {names})};
  };

  it('stops at a loss that is no number, and keeps the last good checkpoint', async () => {
    const model = make();
    const before = tf.memory().numTensors;
    const directory = join(folder, 'diverged');
    const far = changed([1, 1], ({x, y}) => {
      x.dispose();
      return {x: tf.fill([8, 4, 6, 6, 2], 3e38), y};
    });
    const error = await train(model, far, {recipe: smallRecipe, directory}).catch((reason) => reason);
    expect(error).toBeInstanceOf(TrainingDivergedError);
    expect(error.message).toMatch(
      /^train: the loss is NaN in epoch 1, step 1, at a learning rate of 0\.\d+\. First of \d+ weights that are not finite: norm\/moving_mean\. /,
    );
    expect(error.checkpoint).toBe(join(directory, 'checkpoint.safetensors'));
    expect(tf.memory().numTensors).toBe(before);
    // What lies there takes the run up again.
    await train(model, data(), {recipe: smallRecipe, directory, resume: true});
    model.dispose();
  });

  it.each([Number.NaN, Infinity, -Infinity])('says which samples of a batch are %f', async (value) => {
    const model = make();
    const before = tf.memory().numTensors;
    const names = Array.from({length: 8}, (_, i) => `clips/${i}.mp4`);
    const message = async (bad: Batches) => {
      const error = await train(model, bad, {recipe: smallRecipe}).catch((reason) => reason);
      expect(error).toBeInstanceOf(TrainingDivergedError);
      expect(tf.memory().numTensors).toBe(before);
      return error.message;
    };
    // One of the second piece of the batch.
    expect(await message(changed([0, 1], (batch) => withValue(batch, 6, value, names)))).toMatch(
      /^train: in epoch 0, step 1 the data gave an input that is NaN or infinite \('clips\/6\.mp4' of 8 samples\), so that the loss is NaN\. There is no checkpoint\. Leave such samples out/,
    );
    const several = changed([0, 1], (batch) =>
      [0, 2, 3, 5].reduce((one, i) => withValue(one, i, value), batch),
    );
    expect(await message(several)).toContain('(number 0, number 2, number 3 and 1 more of 8 samples)');
    const targets = changed([0, 0], ({x, y}) => {
      const broken = tf.tensor2d([...y.dataSync().subarray(0, 23), value], [8, 3]);
      y.dispose();
      return {x, y: broken};
    });
    expect(await message(targets)).toMatch(/the data gave a target that is NaN or infinite \(number 7 of 8/);
    model.dispose();
  });

  it('begins anew where a run ended before its first checkpoint, and keeps its log', async () => {
    const directory = join(folder, 'at once');
    const model = make();
    const bad = changed([0, 2], (batch) => withValue(batch, 0, Number.NaN));
    await expect(train(model, bad, {recipe: smallRecipe, directory})).rejects.toThrow(
      /There is no checkpoint/,
    );
    const ended = readFileSync(join(directory, 'log.jsonl'), 'utf8');
    expect(ended.trim().split('\n')).toHaveLength(2);
    const recipe = {...smallRecipe, learningRate: 0.01};
    const [again, whole] = [make(), make()];
    await train(again, data(), {recipe, directory});
    await train(whole, data(), {recipe});
    expect(valuesOf(again)).toEqual(valuesOf(whole));
    expect(readFileSync(join(directory, 'log.earlier.jsonl'), 'utf8')).toBe(ended);
    expect(readFileSync(join(directory, 'log.jsonl'), 'utf8').trim().split('\n')).toHaveLength(12);
    // With a checkpoint there is something to lose.
    await expect(train(again, data(), {recipe, directory})).rejects.toThrow(/there is a run in/);
    for (const one of [model, again, whole]) one.dispose();
  });

  it('does not take weights that are not finite for the best', async () => {
    const model = make();
    const directory = join(folder, 'not the best');
    // One update, whose loss is still a number.
    const {clip: _, ...unclipped} = smallRecipe;
    const recipe: Recipe = {
      ...unclipped,
      epochs: 1,
      batchSize: 21,
      learningRate: 1e39,
      schedule: {name: 'constant'},
    };
    await expect(train(model, data(), {recipe, validation: data(9), directory})).rejects.toThrow(
      /weights are not finite in epoch 0/,
    );
    expect(existsSync(join(directory, 'best.safetensors'))).toBe(false);
    model.dispose();
  });

  it('keeps as the best what was validated, averages too, as the file that it is told to make', async () => {
    const model = make();
    const directory = join(folder, 'best');
    const recipe = {...smallRecipe, averageDecay: 0.5};
    const made: Uint8Array[] = [];
    const modelFile = async (best: tfl.LayersModel) => {
      expect(best).toBe(model);
      const weights = await checkpoints.fromLayersModel(best);
      made.push(checkpoints.safetensors.write(weights, {metadata: 'kept'}));
      return made.at(-1)!;
    };
    const validation = data(9);
    const {epochs, best} = await train(model, data(), {recipe, validation, directory, modelFile});
    const file = new Uint8Array(readFileSync(join(directory, 'best.safetensors')));
    expect(file).toEqual(made.at(-1));
    const kept = checkpoints.read(file);
    expect(kept.metadata.get('metadata')).toBe('kept');
    const other = make();
    checkpoints.assign(other, kept);
    expect(await evaluate(other, validation, {batchSize: 5})).toEqual(epochs[best!.epoch]!.validation);
    // Those of training are others.
    checkpoints.assign(other, checkpoints.read(readFileSync(join(directory, 'checkpoint.safetensors'))), {
      strict: false,
    });
    expect((await evaluate(other, validation, {batchSize: 5})).loss).not.toBe(
      epochs.at(-1)!.validation!.loss,
    );
    model.dispose();
    other.dispose();
  });

  it.each([
    ['constant', {name: 'constant', warmup: {epochs: 1}}],
    ['step', {name: 'step', epochs: [2]}],
  ] as const)('a run at %s rates goes on for more epochs', async (name, schedule) => {
    const recipe: Recipe = {...smallRecipe, schedule};
    const [whole, parts] = [make(), make()];
    await train(whole, data(), {recipe, validation: data(9)});
    const directory = join(folder, name);
    const options = {directory, validation: data(9), resume: true};
    await train(parts, data(), {...options, recipe: {...recipe, epochs: 2}});
    const finished = await train(parts, data(), {...options, recipe});
    expect(finished.epochs).toHaveLength(1);
    expect(valuesOf(parts)).toEqual(valuesOf(whole));
    await expect(train(parts, data(), {...options, recipe: {...recipe, epochs: 2}})).rejects.toThrow(
      /another recipe: epochs was 3, is 2\. Give it as it was/,
    );
    whole.dispose();
    parts.dispose();
  });

  it('writes a report after each epoch, whenever it validates', async () => {
    const model = make();
    const directory = join(folder, 'reports');
    const recipe = {...smallRecipe, epochs: 5, validateEvery: 2};
    const pages: string[] = [];
    const onEpoch = () => pages.push(readFileSync(join(directory, 'report.html'), 'utf8'));
    const stop = new AbortController();
    const options = {recipe, validation: data(9), directory, onEpoch};
    const enough = () => {
      onEpoch();
      if (pages.length === 3) stop.abort(new Error('enough'));
    };
    await expect(train(model, data(), {...options, onEpoch: enough, signal: stop.signal})).rejects.toThrow(
      'enough',
    );
    const has = (page: string, text: string) => page.includes(text);
    expect(pages.map((page) => has(page, '<svg'))).toEqual([true, true, true]);
    expect(pages.map((page) => has(page, 'Confusion matrix'))).toEqual([false, true, true]);
    expect(pages.map((page) => has(page, 'Samples with the highest loss'))).toEqual([false, true, true]);
    expect(pages.map((page) => has(page, 'Validation below: after epoch 2'))).toEqual([false, false, true]);
    // What was validated in an earlier session is in the log, but for the pictures.
    await train(model, data(), {...options, resume: true});
    expect(pages.map((page) => has(page, 'Confusion matrix'))).toEqual([false, true, true, true, true]);
    expect(has(pages[4]!, 'Validation below')).toBe(false);
    model.dispose();
  });

  it('refuses what would be lost, forgotten or ignored', async () => {
    const model = make();
    const directory = join(folder, 'refusals');
    await train(model, data(), {recipe: smallRecipe, directory});
    const other = {...smallRecipe, learningRate: 0.2};
    const softmax = tfl.sequential({
      layers: [tfl.layers.dense({units: 3, activation: 'softmax', inputShape: [4]})],
    });
    const cases: [Parameters<typeof train>, RegExp][] = [
      [
        [model, data(), {recipe: smallRecipe, directory}],
        /there is a run in '.*' already; take it up with resume: true/,
      ],
      [
        [model, data(), {recipe: other, directory, resume: true}],
        /another recipe: learningRate was 0\.1, is 0\.2/,
      ],
      [
        [model, data(), {recipe: {...smallRecipe, epochs: 4}, directory, resume: true}],
        /epochs was 3, is 4\. A cosine falls over all epochs, .* or begin a new run/,
      ],
      [[model, data(30), {recipe: smallRecipe, directory, resume: true}], /another data: size was 21, is 30/],
      [
        [model, data(), {recipe: {...smallRecipe, learnRate: 1} as Recipe}],
        /unknown option learnRate; did you mean learningRate/,
      ],
      [
        [model, data(), {recipe: {...smallRecipe, optimizer: {name: 'adam'} as never}}],
        /optimizer is called "adam"; did you mean adamw/,
      ],
      [
        [model, data(), {recipe: {...smallRecipe, frozen: ['cov']}}],
        /no layer fits 'cov'; did you mean conv/,
      ],
      [[model, data(), {recipe: {...smallRecipe, batchSize: 0}}], /batchSize is 0/],
      [
        [model, data(), {recipe: smallRecipe, resum: true} as never],
        /unknown option resum; did you mean resume/,
      ],
      [[softmax, data(), {recipe: smallRecipe}], /the model ends in probabilities/],
      [[model, {...data(), classes: ['a']}, {recipe: smallRecipe}], /has 1 classes/],
    ];
    for (const [args, message] of cases) await expect(train(...args)).rejects.toThrow(message);
    model.dispose();
  });
});
