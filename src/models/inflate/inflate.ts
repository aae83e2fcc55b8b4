/**
 * Gives a video model the weights of an image network. Values come from any named weights (a Checkpoint, a Map, another
 * model); the rules are in inflate_kernel.ts, the matching of names and shapes in plan.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, LayerVariable, layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import {INFLATION_RULES, type InflationRule, inflateKernel} from './inflate_kernel';
import {
  type ImageWeight,
  type ImageWeights,
  type InflationPlan,
  type InflationReport,
  type InflationStep,
  planInflation,
  type VideoWeight,
} from './plan';

export interface InflateOptions {
  /** See `inflateKernel` for what each rule promises; 'sts' is 'center' for layers that are no STS convolutions. */
  rule: InflationRule;
  plan?: InflationPlan;
}

const KNOWN = optionNames<InflateOptions>({rule: true, plan: true});

/**
 * Copies or inflates every weight of `image` into the weight `<layer>/<weight>` of `model` that has the same name (or
 * the one that the plan names). Strict: with a weight missing, left over or misshapen nothing at all is assigned.
 *
 * @param image named weights of the image network; convolution kernels `[kh, kw, in, out]` or `[1, kh, kw, in, out]`
 * @param model the video network; its weights are overwritten in place
 * @returns the report: which weights were copied, which inflated, which kept their value
 * @throws InvalidArgumentError for an unknown rule, and one that lists every missing, extra and misshapen weight
 *
 * ```ts
 * const report = inflate(await checkpoints.read(file), createNetwork('efficientnet_lite0_sts'), {rule: 'sts'});
 * ```
 */
export function inflate(image: ImageWeights, model: LayersModel, options: InflateOptions): InflationReport {
  const {report, values} = prepareInflation(image, model, options);
  if (report.missing.length + report.extra.length + report.misshapen.length > 0) {
    throw new InvalidArgumentError(describeProblems(report));
  }
  // All values are made before the first is written: a rule that refuses its kernel must leave the model as it was.
  const made = [...values].map(([variable, make]) => [variable, make()] as const);
  for (const [variable, value] of made) {
    const tensor = tf.tensor(value, variable.shape as number[], 'float32');
    variable.write(tensor);
    tensor.dispose();
  }
  return report;
}

/**
 * What `inflate` would do: the report, and the values of every weight that gets some, made when they are asked for.
 * Changes nothing.
 *
 * @throws InvalidArgumentError for an unknown rule
 */
export function prepareInflation(
  image: ImageWeights,
  model: LayersModel,
  options: InflateOptions,
): {report: InflationReport; values: Map<LayerVariable, () => Float32Array>} {
  checkOptions('inflate', options, KNOWN);
  const {rule, plan} = options;
  if (!INFLATION_RULES.includes(rule)) {
    throw new InvalidArgumentError(
      `inflate: unknown rule ${JSON.stringify(rule)}; give one of ${INFLATION_RULES.join(', ')}.`,
    );
  }
  const targets = videoWeights(model);
  const {steps, report} = planInflation(
    image,
    targets.map(({weight}) => weight),
    rule,
    plan,
  );
  const variables = new Map(targets.map(({weight, variable}) => [weight.key, variable]));
  return {report, values: new Map(steps.map((step) => [variables.get(step.to.key)!, () => valuesOf(step)]))};
}

/**
 * The weights of a model under the names that `inflate` uses, for inflation from one model to another. Values are read
 * when asked for.
 */
export function weightsOf(model: LayersModel): Map<string, ImageWeight> {
  return new Map(
    videoWeights(model).map(({weight, variable}) => [
      weight.key,
      {shape: weight.shape, toFloat32: () => Float32Array.from(variable.read().dataSync())},
    ]),
  );
}

interface Target {
  weight: VideoWeight;
  variable: LayerVariable;
}

function videoWeights(model: LayersModel): Target[] {
  return flattenLayers(model).flatMap((layer) => {
    const groups = layer.getConfig().groups;
    return layer.weights.map((variable) => ({
      variable,
      weight: {
        key: `${layer.name}/${variable.originalName.split('/').pop()}`,
        shape: variable.shape.map((length) => length ?? 0),
        layerClass: layer.getClassName(),
        groups: typeof groups === 'number' ? groups : 1,
      },
    }));
  });
}

/** The layers of a model and of the models inside it. */
function flattenLayers(model: LayersModel): layers.Layer[] {
  return model.layers.flatMap((layer) => ('layers' in layer ? flattenLayers(layer as LayersModel) : [layer]));
}

function valuesOf({from, shape, to, inflate: how}: InflationStep): Float32Array {
  const values = from.toFloat32();
  if (how === undefined) return values;
  const grown = how.layout === 'conv' ? {inputChannels: to.shape[3]!} : {};
  const options = {rule: how.rule, layout: how.layout, groups: to.groups, ...grown};
  return inflateKernel({shape, values}, to.shape[0]!, options).values;
}

function describeProblems({missing, extra, misshapen}: InflationReport): string {
  const shape = (lengths: readonly number[]) => `[${lengths.join(', ')}]`;
  const parts = [
    list(
      'missing in the image network',
      missing.map(({key, from}) => (key === from ? key : `${from} (for ${key})`)),
    ),
    list('not in the video network', extra),
    list(
      'of the wrong shape',
      misshapen.map(({key, given, needed}) => `${key} (${shape(given)} cannot become ${shape(needed)})`),
    ),
  ].filter((part) => part !== '');
  return (
    `inflate: the weights do not match, nothing was assigned. ${parts.join('. ')}. ` +
    'Pass a plan: from {video weight: image weight, or null to keep its value}, unused [image weights to leave out].'
  );
}

/** The first few names are enough to see what is wrong; the counts tell the rest. */
function list(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 8).join(', ');
  return `${names.length} ${what}: ${shown}${names.length > 8 ? ', ...' : ''}`;
}
