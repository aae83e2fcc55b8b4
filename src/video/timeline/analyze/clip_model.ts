/** A model that is asked about clips: how its input is made, probabilities, and the vector that its classifier reads. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {type FrozenModel, freeze} from '../../../inference/freeze';
import {type OutputKind, outputKind} from '../../../layers';
import {TRAINING_ONLY} from '../../../layers/models/training_only';
import {InvalidArgumentError} from '../../../util/errors';
import {turnOfOthers} from '../../../util/turns';
import {clipTensor} from '../../clips/clips';
import {type FrameTransform, frameTransform, type RgbImage} from '../../clips/transforms';
import {probabilityRows} from '../../recognize';

/** How frames become the input of a model, and what comes out: as in the `info` of `loadModel`. */
export interface ClipModelInfo extends Omit<FrameTransform, 'cropPosition'> {
  /** Frames in a clip. */
  readonly frames: number;
  /** Distance between neighbouring frames, or `'uniform'`: spread over the span of time in question. Default `'uniform'`. */
  readonly interval?: number | 'uniform';
  /** Names of the classes, by their place in the output. A class without one is called `class <index>`. */
  readonly labels?: readonly string[];
  /** What comes out of the model. Default: as `recognize` tells it. */
  readonly output?: OutputKind;
  /** What the timeline calls the model. */
  readonly name?: string;
}

/** A model and what it wants, such as `loadModel` gives. */
export interface ClipModel {
  /** `[batch, frames, height, width, 3]` to `[batch, classes]` or `[batch, frames, classes]`. */
  readonly model: tfl.LayersModel | FrozenModel;
  readonly info: ClipModelInfo;
}

/** What a model says of a clip. */
export interface ClipAnswer {
  readonly probabilities: Float32Array;
  readonly features: Float32Array | undefined;
}

/** A model ready for use. */
export interface OpenClipModel {
  /** @param frames of one size, before the crop */
  ask(frames: readonly RgbImage[]): Promise<ClipAnswer>;
  /** Names of its classes; not all need have one. */
  readonly labels: readonly string[];
  /** Frees what was made for it; the model stays the caller's. */
  dispose(): void;
}

/** Layers behind the pooling that a classifier is made of. */
const HEAD: ReadonlySet<string> = new Set([...TRAINING_ONLY, 'Dense', 'Activation', 'ReLU', 'Softmax']);

/**
 * What the classifier of a model reads: the value before the dense layers, dropout and activations that it ends in, which in the
 * networks of the zoo is what global pooling gives.
 */
function classifierInput(model: tfl.LayersModel): tfl.SymbolicTensor {
  let value = model.outputs[0]!;
  for (;;) {
    const {sourceLayer, nodeIndex} = value;
    const inputs = sourceLayer.inboundNodes[nodeIndex]?.inputTensors ?? [];
    if (!HEAD.has(sourceLayer.getClassName()) || inputs.length !== 1) return value;
    value = inputs[0]!;
  }
}

function withFeatures(caller: string, model: tfl.LayersModel | FrozenModel): tfl.LayersModel {
  const features = 'layers' in model ? classifierInput(model) : undefined;
  if (features !== undefined && 'layers' in model && features !== model.outputs[0])
    return tfl.model({inputs: model.inputs, outputs: [model.outputs[0]!, features]});
  const reason =
    features === undefined ? 'the model is frozen' : 'the model does not end in a classifier of dense layers';
  throw new InvalidArgumentError(
    `${caller}: features are what the classifier of a model reads, but ${reason}; give a LayersModel that ends in dense layers, as loadModel does.`,
  );
}

/**
 * @param caller begins the message of errors
 * @throws InvalidArgumentError for features of a model that has none
 */
export function openClipModel(caller: string, given: ClipModel, features: boolean): OpenClipModel {
  if (typeof given?.model?.predict !== 'function' || given.info == null) {
    throw new InvalidArgumentError(
      `${caller}: model must be {model, info}, as loadModel gives it: how frames become its input is in info.`,
    );
  }
  const {model, info} = given;
  const output = info.output ?? outputKind(model);
  const asked = features ? withFeatures(caller, model) : model;
  const frozen = 'layers' in asked ? freeze(asked) : undefined;
  const transform = frameTransform(info);
  return {
    async ask(frames) {
      await turnOfOthers();
      const [probabilities, vector] = tf.tidy(() => {
        const clip = clipTensor(frames, transform);
        const [answer, read] = [(frozen ?? (asked as FrozenModel)).predict(clip)].flat() as [
          tf.Tensor,
          tf.Tensor?,
        ];
        return [tf.mean(probabilityRows(answer, output), 0), read && meanVector(read)];
      });
      const values = (await probabilities.data()) as Float32Array;
      const read = (await vector?.data()) as Float32Array | undefined;
      tf.dispose([probabilities, vector ?? []]);
      return {probabilities: values, features: read};
    },
    labels: info.labels ?? [],
    dispose: () => frozen?.dispose(),
  };
}

/** Over frames and positions, where a model does not pool before its classifier. */
function meanVector(value: tf.Tensor): tf.Tensor {
  return tf.mean(tf.reshape(value, [-1, value.shape.at(-1)!]), 0);
}
