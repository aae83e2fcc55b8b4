/** A layer that a frozen model runs as it is, in a copy of its own, made of its config. */
import {type Tensor, tidy, type Variable} from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';
import {type HostShape, inputShapesOf} from '../../../layers/host/layer_arguments';
import {weightsByName} from '../../../layers/models/copy_weights';
import type {Layer} from '../../../layers/models/graph';
import {InvalidArgumentError} from '../../../util/errors';
import {sameShape} from '../../../util/shapes';
import {HostDense} from './host_dense';
import {checkKeys, type Masks, type RunnableStep, type StepOp, type StepParts} from './step';

export const LAYER = 'layer';

export class LayerStep implements RunnableStep {
  readonly kind = 'layer';
  /** Shapes that the layer has checked: a call with the same ones spares the checks. */
  private checked: readonly (readonly number[])[] = [];
  /** Recurrent layers do more in their `apply` than to check. */
  private readonly isPlain: boolean;
  private readonly dense: HostDense | undefined;

  /** @param layer built, with its weights; becomes the step's */
  constructor(readonly layer: Layer) {
    this.isPlain = layer.apply === layers.Layer.prototype.apply;
    this.dense = HostDense.of(layer);
  }

  run(inputs: readonly Tensor[]): Tensor | Tensor[] {
    const given = inputs.length === 1 ? inputs[0]! : [...inputs];
    const made = tidy(() =>
      this.isPlain && this.isChecked(inputs)
        ? (this.dense?.run(inputs[0]!) ?? this.layer.call(given, {training: false}))
        : (this.layer.apply(given, {training: false}) as Tensor | Tensor[]),
    );
    this.checked = inputs.map(({shape}) => shape);
    return Array.isArray(made) || inputs.includes(made) ? ofTheirOwn(made, inputs) : made;
  }

  runMasked(inputs: readonly Tensor[], masks: Masks): {outputs: Tensor[]; masks: Masks} {
    const given = inputs.length === 1 ? inputs[0]! : [...inputs];
    const mask = masks.some((one) => one !== null) ? {mask: masks[0]} : {};
    const made = tidy(() => this.layer.apply(given, {training: false, ...mask}) as Tensor | Tensor[]);
    const outputs = ofTheirOwn(made, inputs);
    // The host's type has no null for a value without a mask.
    const next: MaskOrMasks = this.layer.supportsMasking
      ? this.layer.computeMask([...inputs], [...masks] as Tensor[])
      : null;
    return {outputs, masks: outputs.map((_, i) => (Array.isArray(next) ? (next[i] ?? null) : next))};
  }

  dispose(): void {
    for (const weight of this.layer.weights) weight.dispose();
  }

  private isChecked(inputs: readonly Tensor[]): boolean {
    const {checked} = this;
    return checked.length === inputs.length && inputs.every(({shape}, i) => sameShape(shape, checked[i]!));
  }
}

type MaskOrMasks = Tensor | null | (Tensor | null)[];

/** One value may be freed before another: each has a tensor of its own. */
function ofTheirOwn(made: Tensor | Tensor[], inputs: readonly Tensor[]): Tensor[] {
  return [made].flat().map((y, k, all) => (inputs.includes(y) || all.indexOf(y) < k ? y.clone() : y));
}

/** Settings: className and config as for the host's registry, and the shapes that the layer is built with. */
export const layer: StepOp<LayerStep> = {
  inputs: [1, Infinity],
  outputs: [1, Infinity],
  make: (step, {tensors, layerOf}) => {
    const {settings} = step;
    checkKeys(step, ['className', 'config', 'inputShapes'], Object.keys(tensors));
    const made = layerOf();
    try {
      if (!made.built) made.build(inputShapesOf(settings.inputShapes as HostShape[]));
      // Some layers of the host leave this to their first call, which would build them again.
      made.built = true;
      writeWeights(made, tensors);
      return new LayerStep(made);
    } catch (error) {
      for (const weight of made.weights) weight.dispose();
      throw error;
    }
  },
};

/** Exactly the weights that the layer has, as they are: their own `write` bends them to constraints of training. */
function writeWeights(made: Layer, tensors: StepParts['tensors']): void {
  const places = weightsByName(made);
  const [has, given] = [textOf([...places]), textOf(Object.entries(tensors))];
  if (has !== given) throw new InvalidArgumentError(`it has the weights ${has} instead of ${given}`);
  for (const [name, place] of places) (place.read() as Variable).assign(tensors[name]!);
}

type Shaped = {readonly shape: readonly (number | null)[]};

function textOf(weights: readonly (readonly [string, Shaped])[]): string {
  const texts = weights.map(([name, {shape}]) => `${name} [${shape.join(', ')}]`);
  return texts.sort().join(', ') || 'none';
}
