/**
 * freeze of models that are more than convolutions: recurrent, wrapped, custom, nested and shared layers, several inputs
 * and outputs, masks, other sizes than the model was built for, and what is refused. The model itself says what is right.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError, replaceConv3d} from '../../../src/entries';
import {freeze} from '../../../src/inference/freeze';
import {registerLayers, layers as sts} from '../../../src/layers';
import {toOnnx} from '../../../src/models/onnx';
import {startBackend} from '../../support/backends';
import {difference, scramble, stepsWithSameAnswers} from './same_answers';
import {expectSameBits} from './through_data';

type Value = tfl.SymbolicTensor;
type Layer = tfl.layers.Layer;

const T = tfl.layers;
const clip = () => tfl.input({shape: [4, 6, 6, 4]});
const apply = (layer: Layer, ...x: Value[]) => layer.apply(x.length === 1 ? x[0]! : x) as Value;
const model = (inputs: Value | Value[], ...outputs: Value[]) => tfl.model({inputs, outputs});
const conv = (args: object = {}) => sts.conv3d({filters: 4, kernelSize: 3, padding: 'same', ...args});
/** The host's default needs a chained op that only the whole of tfjs has. */
const recurrent = {recurrentInitializer: 'glorotNormal'} as const;
const lstm = (args: object = {}) => T.lstm({units: 3, ...recurrent, ...args});
const sequence = () => tfl.input({shape: [5, 3]});

/** A layer of a user's program, which calls the host's ops and reads the shape of its one input as the host gives it. */
class Doubled extends T.Layer {
  /** @nocollapse */
  static className = 'DoubledOfTest';
  private bend: tfl.LayerVariable | undefined;
  override build(inputShape: (number | null)[]): void {
    this.bend = this.addWeight('bend', [inputShape.at(-1)!], 'float32', tfl.initializers.ones());
    this.built = true;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.mul([inputs].flat()[0]!, tf.mul(this.bend!.read(), 2)));
  }
  override computeOutputShape(shape: (number | null)[]): (number | null)[] {
    return shape;
  }
}

tf.serialization.registerClass(Doubled);

/** A nested model whose layers are made in another order than the one in which they run. */
function crossed(): tfl.LayersModel {
  const x = tfl.input({shape: [6, 6, 4]});
  const [second, first] = [T.conv2d({filters: 4, kernelSize: 1}), T.conv2d({filters: 4, kernelSize: 1})];
  second.build([null, 6, 6, 4]);
  return model(x, apply(second, apply(T.reLU(), apply(first, x))));
}

/** Two shared layers, called in crossed orders: the first call of one needs the other, and its second call does not. */
function crossedCalls(make: () => Layer): tfl.LayersModel {
  const x = clip();
  const [a, b] = [make(), make()];
  const ab = apply(a, apply(b, x));
  const ba = apply(b, apply(T.reLU(), apply(a, x)));
  return model(x, ba, ab);
}

const models: Record<string, () => tfl.LayersModel> = {
  lstm: () => tfl.sequential({layers: [lstm({inputShape: [5, 3]})]}),
  gru: () => tfl.sequential({layers: [T.gru({units: 3, inputShape: [5, 3], ...recurrent})]}),
  simpleRNN: () => tfl.sequential({layers: [T.simpleRNN({units: 3, inputShape: [5, 3], ...recurrent})]}),
  'lstm behind convolutions': () => {
    const x = clip();
    const frames = apply(T.timeDistributed({layer: T.flatten()}), apply(sts.batchNorm3d(), apply(conv(), x)));
    return model(x, apply(lstm(), apply(lstm({returnSequences: true}), frames)));
  },
  'states in and out': () => {
    const x = sequence();
    const [y, h, c] = lstm({returnState: true}).apply(x) as Value[];
    const other = apply(lstm({returnSequences: true}), x);
    return model(x, apply(lstm(), other, h!, c!), y!);
  },
  bidirectional: () => {
    const x = sequence();
    const layer = lstm({returnSequences: true});
    return model(
      x,
      apply(
        T.bidirectional({layer: T.gru({units: 2, ...recurrent}) as never, mergeMode: 'sum'}),
        apply(T.bidirectional({layer: layer as never, mergeMode: 'concat'}), x),
      ),
    );
  },
  'recurrent cells in a stack': () => {
    const x = sequence();
    const cell = T.stackedRNNCells({
      cells: [T.lstmCell({units: 2, ...recurrent}), T.gruCell({units: 3, ...recurrent})],
    });
    return model(x, apply(T.rnn({cell}), x));
  },
  convLstm2d: () => {
    const x = clip();
    return model(x, apply(T.convLstm2d({filters: 2, kernelSize: 3, ...recurrent}), apply(conv(), x)));
  },
  'a model for each frame': () => {
    const x = clip();
    return model(x, apply(T.timeDistributed({layer: crossed()}), apply(conv(), x)));
  },
  'a custom layer': () => {
    const x = clip();
    return model(
      x,
      apply(T.timeDistributed({layer: new Doubled({})}), apply(new Doubled({}), apply(conv(), x))),
    );
  },
  'nested models, several levels, shared': () => {
    const inner = tfl.sequential({layers: [conv({inputShape: [4, 6, 6, 4]}), sts.batchNorm3d()]});
    const x = clip();
    const middle = model(x, apply(T.reLU(), apply(inner, apply(inner, x))));
    const [a, b] = [clip(), clip()];
    return model([a, b], apply(T.add(), apply(middle, a), apply(inner, b)), apply(middle, b));
  },
  'a nested model with several inputs and outputs': () => {
    const [a, b] = [clip(), clip()];
    const inner = model([a, b], apply(T.add(), apply(conv(), a), b), apply(conv({filters: 2}), b));
    const [x, y] = [clip(), clip()];
    const [sum, other] = inner.apply([apply(conv(), x), y]) as Value[];
    return model([y, x], other!, apply(T.activation({activation: 'relu'}), sum!));
  },
  'shared layers called in crossed orders': () => crossedCalls(conv),
  // No entry of ours is imported here: the host reads other positions than TensorFlow, frozen or not.
  'a kernel shorter than its stride, as the live backend computes it': () => {
    const x = clip();
    return model(
      x,
      apply(T.conv3d({filters: 4, kernelSize: 1, strides: 2, padding: 'same', activation: 'relu'}), x),
    );
  },
  'weights outside of their constraint': () => {
    const x = sequence();
    return model(
      x,
      apply(T.dense({units: 3, kernelConstraint: tfl.constraints.maxNorm({maxValue: 0.01})}), x),
    );
  },
  masking: () => {
    const x = sequence();
    return model(x, apply(lstm(), apply(T.dense({units: 3}), apply(T.masking({maskValue: 0}), x))));
  },
  'masking in front of a nested model and a wrapper': () => {
    const x = sequence();
    const nested = tfl.sequential({layers: [lstm({inputShape: [5, 3], returnSequences: true}), lstm()]});
    const frames = apply(
      T.timeDistributed({layer: T.dense({units: 3})}),
      apply(T.masking({maskValue: 0}), x),
    );
    return model(x, apply(nested, frames));
  },
};

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
    registerLayers();
  });

  afterEach(() => tf.disposeVariables());

  it.each(Object.entries(models))('%s', async (_, make) => {
    const model = make();
    stepsWithSameAnswers(model);
    await expectSameBits(model);
  });

  it('replaceConv3d keeps the connections of shared layers that are called in crossed orders', () => {
    const network = crossedCalls(() => T.conv3d({filters: 4, kernelSize: [3, 1, 1], padding: 'same'}));
    scramble(network);
    const replaced = replaceConv3d(network, (_, config) => sts.conv3d(config as never));
    const x = tf.randomNormal([2, 4, 6, 6, 4], 0, 1, 'float32', 3);
    const [expected, actual] = [network.predict(x), replaced.predict(x)] as tf.Tensor[][];
    actual!.forEach((answer, i) => {
      expect(difference(answer, expected![i]!)).toBeLessThan(1e-5);
    });
  });

  it('an answer that is an input is another tensor than the input', () => {
    const [x, y] = [clip(), clip()];
    const frozen = freeze(model([x, y], apply(conv(), x), y));
    const inputs = [tf.ones([1, 4, 6, 6, 4]), tf.ones([1, 4, 6, 6, 4])];
    const answers = frozen.predict(inputs) as tf.Tensor[];
    tf.dispose(answers);
    expect(inputs[1]!.dataSync()[0]).toBe(1);
  });

  it('hands masks on: words of index 0 are passed over', () => {
    const words = tfl.input({shape: [6]});
    const embedded = apply(T.embedding({inputDim: 10, outputDim: 4, maskZero: true}), words);
    const layer = lstm({returnSequences: true});
    const network = model(
      words,
      apply(lstm(), apply(T.bidirectional({layer: layer as never, mergeMode: 'concat'}), embedded)),
    );
    scramble(network);
    const [short, long] = [tf.tensor2d([[1, 2, 3, 0, 0, 0]]), tf.tensor2d([[1, 2, 3, 4, 5, 6]])];
    const frozen = freeze(network);
    const before = tf.memory().numTensors;
    for (const x of [short, long]) {
      const [y, expected] = [frozen.predict(x), network.predict(x)] as [tf.Tensor, tf.Tensor];
      expect(difference(y, expected)).toBeLessThan(1e-5);
      tf.dispose([y, expected]);
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('sizes', () => {
  beforeAll(() => startBackend('wasm'));

  it('are any that the layers take', () => {
    const x = tfl.input({shape: [32, 32, 32, 1]});
    const y = apply(T.conv3d({filters: 3, kernelSize: 3, padding: 'same', dilationRate: 2}), x);
    const z = apply(T.reLU(), apply(T.add(), apply(conv({filters: 3}), y), y));
    const pooled = apply(sts.globalAveragePooling3d(), z);
    const network = model(x, z, apply(T.dense({units: 2}), pooled));
    scramble(network);
    const frozen = freeze(network);
    for (const size of [
      [5, 6, 7],
      [12, 9, 8],
    ]) {
      const input = tf.randomNormal([2, ...size, 1], 0, 1, 'float32', 4);
      const [expected, actual] = [network.apply(input), frozen.predict(input)] as [tf.Tensor[], tf.Tensor[]];
      actual.forEach((answer, i) => {
        expect(difference(answer, expected[i]!)).toBeLessThan(1e-5);
      });
    }
  });

  it('sums are fused where lengths are unknown, and broadcast where they turn out to differ', () => {
    const [x, y] = [0, 1].map(() => tfl.input({shape: [null, 4, 4, 2]}));
    const network = model([x!, y!], apply(T.reLU(), apply(T.add(), apply(conv({filters: 2}), x!), y!)));
    scramble(network);
    const frozen = freeze(network);
    expect(frozen.stepCount).toBe(1);
    for (const time of [3, 1]) {
      const inputs = [tf.randomNormal([2, 3, 4, 4, 2]), tf.randomNormal([2, time, 4, 4, 2])];
      expect(
        difference(frozen.predict(inputs) as tf.Tensor, network.apply(inputs) as tf.Tensor),
      ).toBeLessThan(1e-5);
    }
  });

  it('a pooled factor that has several positions in a larger clip', () => {
    const x = clip();
    const factors = apply(T.averagePooling3d({poolSize: [4, 6, 6], padding: 'same'}), x);
    const network = model(
      x,
      apply(T.reLU(), apply(T.multiply(), apply(T.averagePooling3d({poolSize: [4, 6, 6]}), x), factors)),
    );
    const frozen = freeze(network);
    const input = tf.randomNormal([1, 8, 12, 6, 4]);
    expect(difference(frozen.predict(input) as tf.Tensor, network.apply(input) as tf.Tensor)).toBeLessThan(
      1e-5,
    );
  });

  it('of other rank or channels are refused; a size that a layer does not take says so', () => {
    const x = clip();
    const frozen = freeze(model(x, apply(T.dense({units: 2}), apply(T.flatten(), apply(conv(), x)))));
    for (const shape of [
      [1, 4, 6, 6, 3],
      [4, 6, 6, 4],
    ]) {
      expect(() => frozen.predict(tf.zeros(shape))).toThrow(/got \[.*\]; it takes \[\?, \?, \?, \?, 4\]/);
    }
    expect(() => frozen.predict(tf.zeros([1, 5, 6, 6, 4]))).toThrow(
      /got \[1, 5, 6, 6, 4\]; the model was built for \[\?, 4, 6, 6, 4\].*does not take the other size: .*dense/,
    );
  });
});

describe('batch normalization of the host behind a convolution', () => {
  beforeAll(() => startBackend('wasm'));

  it.each([{}, {scale: false}, {center: false, axis: 4}])('is folded: %j', (args) => {
    const x = clip();
    const y = apply(conv(), x);
    const norm = T.batchNormalization({epsilon: 0.1, ...args});
    const network = model(x, apply(T.reLU(), apply(norm, y)));
    scramble(network);
    const frozen = freeze(network);
    expect(frozen.stepCount).toBe(1);
    const input = tf.randomNormal([2, 4, 6, 6, 4], 0, 1, 'float32', 5);
    const weight = (name: string) =>
      norm.weights
        .find(({originalName}) => originalName.endsWith(name))
        ?.read()
        .dataSync();
    const [gamma, beta, mean, variance] = ['gamma', 'beta', 'mean', 'variance'].map(weight);
    const sums = (model(x, y).predict(input) as tf.Tensor).dataSync();
    const expected = sums.map((value, i) => {
      const c = i % 4;
      const normed = (value - mean![c]!) / Math.sqrt(variance![c]! + 0.1);
      return Math.max(0, normed * (gamma?.[c] ?? 1) + (beta?.[c] ?? 0));
    });
    expect(difference(frozen.predict(input) as tf.Tensor, tf.tensor(expected, [2, 4, 6, 6, 4]))).toBeLessThan(
      1e-5,
    );
  });
});

describe('what is refused before any answer', () => {
  beforeAll(() => startBackend('cpu'));

  it('masks that a layer of the host combines, in nested models too', () => {
    const merged = () => {
      const x = sequence();
      return model(x, apply(lstm(), apply(T.add(), apply(T.masking(), x), x)));
    };
    const x = sequence();
    const nested = model(x, apply(merged(), x));
    for (const network of [merged(), nested]) {
      expect(() => freeze(network)).toThrow(InvalidArgumentError);
      expect(() => freeze(network)).toThrow(/combines values with masks.*predict of the model itself/);
    }
  });

  it('states that are kept between calls', () => {
    const network = tfl.sequential({layers: [lstm({batchInputShape: [1, 5, 3], stateful: true})]});
    expect(() => freeze(network)).toThrow(/is stateful.*call predict of the model itself/);
  });

  it('a layer whose config does not make it anew; nothing stays in memory', () => {
    class Closed extends Doubled {
      static override className = 'ClosedOfTest';
      constructor(readonly secret: {name: string}) {
        super({name: secret.name.toLowerCase()});
      }
      override getConfig() {
        return {};
      }
    }
    const x = clip();
    const network = model(x, apply(new Closed({name: 'A'}), apply(conv(), x)));
    const before = tf.memory().numTensors;
    expect(() => freeze(network)).toThrow(/"a" \(ClosedOfTest\) cannot be made anew from its config/);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('graph models and what is no model, with what to do', async () => {
    const graphModel = {executor: {}, predict: () => {}, inputs: [], outputs: []} as never;
    for (const call of [() => freeze(graphModel), () => replaceConv3d(graphModel)]) {
      expect(call).toThrow(InvalidArgumentError);
      expect(call).toThrow(/got a GraphModel.*tf.loadLayersModel/);
    }
    await expect(toOnnx(graphModel)).rejects.toThrow(/toOnnx: got a GraphModel.*tf.loadLayersModel/);
    expect(() => freeze(Promise.resolve() as never)).toThrow(/got a Promise; await it/);
    expect(() => freeze(undefined as never)).toThrow(/takes a LayersModel.*got undefined/);
  });
});
