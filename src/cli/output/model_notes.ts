/** What is to be said of a model whose answers look like any others: that it was never trained, that it has no names. */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {LoadedModel} from '../../models/zoo';

/** Sentences for people; none for most models. */
export function modelNotes({model, info}: LoadedModel): string[] {
  const {name, labels} = info;
  const untrained =
    `the classifier of ${name} was never trained, its biases are all 0: what it says means nothing. Train it, or start ` +
    'it with the classifier of an image network: tfjs-sts inflate --keep-classifier';
  const nameless = `${name} has no names for its classes: 'class 0' is the first of its outputs`;
  return [...(isUntrained(model) ? [untrained] : []), ...(labels.length === 0 ? [nameless] : [])];
}

/** Biases begin as zeros, and the first step of any training moves them. */
function isUntrained(model: LayersModel): boolean {
  const classifier = [...model.layers].reverse().find(({weights}) => weights.length > 0);
  const bias = classifier?.weights.find(({originalName}) => originalName.endsWith('/bias'));
  const values = bias?.read().dataSync() ?? [1];
  return values.every((value) => value === 0);
}
