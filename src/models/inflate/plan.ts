/**
 * Which image weight becomes which video weight, and how: names and shapes only, no values and no tensors. The
 * default is the weight of the same name; an InflationPlan says what differs from that, as plain data.
 */

import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, didYouMean, optionNames} from '../../util/names';
import {sameShape} from '../../util/shapes';
import type {InflationRule} from './inflate_kernel';

/** One named weight of an image network; a Checkpoint's entries are of this form. */
export interface ImageWeight {
  readonly shape: readonly number[];
  toFloat32(): Float32Array;
}

/** Named weights of an image network, names `<layer>/<weight>`: a Checkpoint or a Map. */
export type ImageWeights = Iterable<readonly [string, ImageWeight]>;

/** Where a video network's weights differ from "the image weight of the same name". */
export interface InflationPlan {
  /** Video weight to the image weight that it is born from; null keeps the value that the model has. */
  readonly from?: Readonly<Record<string, string | null>>;
  /** Rules for single video weights, instead of the rule of the call. */
  readonly rules?: Readonly<Record<string, InflationRule>>;
  /** Image weights that are left out on purpose, so that they are not reported as extra. */
  readonly unused?: readonly string[];
}

const PLAN_PARTS = optionNames<InflationPlan>({from: true, rules: true, unused: true});

/** A weight of the video model, as the plan sees it. */
export interface VideoWeight {
  /** `<layer>/<weight>` */
  readonly key: string;
  readonly shape: readonly number[];
  /** Class name of its layer; STSConv3D and STSDepthwiseConv3D have an STS rule of their own. */
  readonly layerClass: string;
  readonly groups: number;
}

export interface InflationStep {
  readonly to: VideoWeight;
  readonly from: ImageWeight;
  /** Shape in which the image weight is read: its own, without a leading time axis of 1 where it is inflated. */
  readonly shape: readonly number[];
  /** Absent: a plain copy. */
  readonly inflate?: {readonly rule: InflationRule; readonly layout: 'conv' | 'depthwise'};
}

/** What was done with every weight, by key. The last three are empty after a successful `inflate`. */
export interface InflationReport {
  copied: string[];
  inflated: string[];
  /** Video weights that kept the model's value because the plan says so. */
  kept: string[];
  /** Video weights without an image weight, each with the name that was looked for. */
  missing: {key: string; from: string}[];
  /** Image weights that no video weight asked for. */
  extra: string[];
  misshapen: {key: string; from: string; given: readonly number[]; needed: readonly number[]}[];
}

/**
 * Matches every weight of the video model with an image weight and decides between copy and inflation.
 *
 * A weight of equal shape is copied. A kernel `[kt, kh, kw, in, out]` is inflated from `[kh, kw, in, out]` or
 * `[1, kh, kw, in, out]`; an ungrouped convolution may have more input channels than the image kernel. Everything
 * else is misshapen. Rule 'sts' means 'center' for layers that are no STS convolutions.
 *
 * @throws InvalidArgumentError for a plan with other parts than its three, or a rule for a weight that is not there
 */
export function planInflation(
  image: ImageWeights,
  targets: readonly VideoWeight[],
  rule: InflationRule,
  plan: InflationPlan = {},
): {steps: InflationStep[]; report: InflationReport} {
  checkPlan(plan, targets);
  const report: InflationReport = {copied: [], inflated: [], kept: [], missing: [], extra: [], misshapen: []};
  const steps: InflationStep[] = [];
  const weights = new Map(image);
  const used = new Set(plan.unused);
  for (const to of targets) {
    const named = plan.from?.[to.key];
    if (named === null) {
      report.kept.push(to.key);
      continue;
    }
    const from = named ?? to.key;
    const weight = weights.get(from);
    used.add(from);
    if (weight === undefined) {
      report.missing.push({key: to.key, from});
      continue;
    }
    const step = planStep(to, weight, plan.rules?.[to.key] ?? rule);
    if (step === undefined) {
      report.misshapen.push({key: to.key, from, given: [...weight.shape], needed: [...to.shape]});
      continue;
    }
    steps.push(step);
    (step.inflate ? report.inflated : report.copied).push(to.key);
  }
  report.extra = [...weights.keys()].filter((key) => !used.has(key));
  return {steps, report};
}

/** A rule for a misspelt weight would be the rule of none. */
function checkPlan(plan: InflationPlan, targets: readonly VideoWeight[]): void {
  checkOptions('inflate, plan', plan, PLAN_PARTS);
  const keys = targets.map(({key}) => key);
  const stranger = Object.keys(plan.rules ?? {}).find((key) => !keys.includes(key));
  if (stranger === undefined) return;
  throw new InvalidArgumentError(
    `inflate: the plan has a rule for ${JSON.stringify(stranger)}, which the model does not have${didYouMean(stranger, keys) || '.'}`,
  );
}

function planStep(to: VideoWeight, from: ImageWeight, rule: InflationRule): InflationStep | undefined {
  const given = from.shape;
  if (sameShape(given, to.shape)) return {to, from, shape: given};
  const shape = given.length === 5 && given[0] === 1 ? given.slice(1) : given;
  if (to.shape.length !== 5 || shape.length !== 4) return undefined;
  const layout = to.key.endsWith('/depthwise_kernel') ? 'depthwise' : 'conv';
  const mayGrow = layout === 'conv' && to.groups === 1;
  const [, kh, kw, inputs, outputs] = to.shape;
  const fits =
    shape[0] === kh &&
    shape[1] === kw &&
    shape[3] === outputs &&
    (shape[2] === inputs || (mayGrow && shape[2]! < inputs!));
  if (!fits) return undefined;
  const isSts = to.layerClass === 'STSConv3D' || to.layerClass === 'STSDepthwiseConv3D';
  return {to, from, shape, inflate: {rule: rule === 'sts' && !isSts ? 'center' : rule, layout}};
}
