/** What a function takes for a model: a LayersModel, told from the host's GraphModel by what it has. */
import {InvalidArgumentError} from './errors';
import type {PartialShape} from './shapes';

/**
 * Refuses what has no layers.
 *
 * @param caller begins the message: the function as a user calls it
 * @throws InvalidArgumentError for a GraphModel, which says what to do with one, and for anything else
 */
export function checkLayersModel(caller: string, model: unknown): void {
  const has = (name: string) => typeof model === 'object' && model !== null && name in model;
  if (has('layers') && has('inputs') && has('outputs')) return;
  if (has('executor') && has('predict')) {
    throw new InvalidArgumentError(
      `${caller}: got a GraphModel, which has operations of TensorFlow and no layers. Its own predict runs through the ` +
        'kernels of this package already; for a LayersModel convert the Keras model with tensorflowjs_converter ' +
        '--input_format=keras --output_format=tfjs_layers_model and load it with tf.loadLayersModel.',
    );
  }
  throw new InvalidArgumentError(
    `${caller}: takes a LayersModel, as of tf.model, tf.sequential or tf.loadLayersModel; got ${described(model)}.`,
  );
}

/**
 * The shapes of a model's inputs with null for unknown lengths, which a frozen model, like the host's GraphModel, has as -1.
 */
export function inputShapes(model: {
  readonly inputs: readonly {readonly shape: PartialShape}[];
}): PartialShape[] {
  return model.inputs.map(({shape}) => shape.map((length) => (length === -1 ? null : length)));
}

/** How a message names what was given for a model. */
export function described(value: unknown): string {
  if (value === null || typeof value !== 'object') return String(value);
  if ('then' in value) return 'a Promise; await it';
  if ('model' in value && 'info' in value) return 'all of what loadModel gives; pass its .model';
  return `an object of class ${value.constructor?.name ?? 'Object'}`;
}
