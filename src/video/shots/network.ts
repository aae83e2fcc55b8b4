/** What tells where shots end: a function on windows of frames, or a model with two outputs, made into one. */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type FrozenModel, freeze} from '../../inference/freeze';
import {outputKind} from '../../layers';
import {InvalidArgumentError} from '../../util/errors';
import {partialShapeText} from '../../util/shapes';

/**
 * Says of each frame of a window `[1, frames, height, width, 3]`, values 0 to 255, how probable it is that a shot ends with it
 * (`single`) and that it is part of a transition (`many`): tensors of `frames` values from 0 to 1. It is called within a `tf.tidy`.
 */
export type ShotNetwork = (frames: tf.Tensor5D) => {readonly single: tf.Tensor; readonly many: tf.Tensor};

type Model = LayersModel | FrozenModel;

/** TransNetV2 of the zoo as `loadModel` gives it or its bare model, another model with its two outputs, or a function. */
export type ShotModel =
  | {readonly model: LayersModel | FrozenModel | ShotNetwork}
  | LayersModel
  | FrozenModel
  | ShotNetwork;

/** A network ready for use. */
export interface OpenNetwork {
  readonly run: ShotNetwork;
  /** What frames are scaled to, `[height, width]`, whatever their aspect. */
  readonly size: readonly [number, number];
  /** Frees what was made for it; the model stays the caller's. */
  dispose(): void;
}

/** TransNetV2's. */
const HEIGHT = 27;
const WIDTH = 48;

/**
 * @param caller begins the message
 * @throws InvalidArgumentError for a model of other inputs or outputs
 */
export function openNetwork(caller: string, given: ShotModel): OpenNetwork {
  const model = modelOf(caller, given);
  if (typeof model === 'function') return {run: model, size: [HEIGHT, WIDTH], dispose: () => {}};
  const [input, ...others] = model.inputs;
  const shape = input?.shape ?? [];
  const isFit = shape.length === 5 && shape[4] === 3 && others.length === 0 && model.outputs.length === 2;
  if (!isFit) {
    throw new InvalidArgumentError(
      `${caller}: a model of ${model.inputs.length} inputs, the first ${partialShapeText(shape)}, and ` +
        `${model.outputs.length} outputs; one on [batch, frames, height, width, 3] with two outputs [batch, frames, 1] is needed, such as ` +
        "the zoo's transnet_v2.",
    );
  }
  const isLogits = outputKind(model) === 'logits';
  const frozen = 'layers' in model ? freeze(model) : undefined;
  return {
    run(frames) {
      const [single, many] = (frozen ?? model).predict(frames) as [tf.Tensor, tf.Tensor];
      return isLogits ? {single: tf.sigmoid(single), many: tf.sigmoid(many)} : {single, many};
    },
    size: [shape[2] ?? HEIGHT, shape[3] ?? WIDTH],
    dispose: () => frozen?.dispose(),
  };
}

/** JavaScript may give anything, most likely a name. A sequential model of the host's has a `model` too. */
function modelOf(caller: string, given: unknown): Model | ShotNetwork {
  const isModel = (value: unknown): value is Model | ShotNetwork =>
    typeof value === 'function' ||
    (typeof value === 'object' && value !== null && 'inputs' in value && 'outputs' in value);
  if (isModel(given)) return given;
  const {model} = Object(given) as {model?: unknown};
  if (isModel(model)) return model;
  const got = typeof given === 'string' ? JSON.stringify(given) : String(given);
  throw new InvalidArgumentError(
    `${caller}: a model that finds shots is needed; got ${got}; await loadModel('transnet_v2') gives one.`,
  );
}
