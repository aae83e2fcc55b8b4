/**
 * What the part of a network that stays as it is says of samples: clips that one has as tensors, batches of a data set, or what
 * an earlier part said. Computed once, by a frozen model.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type FrozenModel, freeze} from '../../inference/freeze';
import {bodyOf, type Cut} from '../../layers';
import {InvalidArgumentError} from '../../util/errors';
import {turnOfOthers} from '../../util/turns';
import type {Batch, Batches} from '../batches/batches';
import {batchesOf} from '../batches/batches_of';
import {CachedSamples, type Sample} from './samples';

/**
 * What a model makes of clips, by clip, for whoever teaches it several times: clips that are in it are not computed again. One for each
 * model, whose weights must not change meanwhile.
 */
export type FeatureCache = WeakMap<tf.Tensor, Map<string, Float32Array>>;

/** Clips by the names of their classes; each `[time, height, width, channels]`, or in a batch of one. */
export type ClipsByClass = Readonly<Record<string, readonly tf.Tensor[]>>;

/** How features are made. */
export interface FeatureOptions {
  /** Samples in one run of the network. */
  readonly batchSize: number;
  /** How many samples are done, of how many. */
  readonly onSample?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Runs the part of a model up to a cut. */
export class Body {
  /** Of one sample of what it makes. */
  readonly shape: readonly number[];
  /** Of the batches that it takes. */
  readonly rank: number;
  private readonly frozen: FrozenModel | undefined;

  constructor(
    model: LayersModel,
    readonly cut: Cut,
  ) {
    this.shape = cut.value.shape.slice(1) as number[];
    this.rank = model.inputs[0]!.shape.length;
    const body = bodyOf(model, cut);
    this.frozen = body && freeze(body);
  }

  /** One array for each sample of a batch `[batch, ...]`, which stays the caller's. */
  async values(x: tf.Tensor): Promise<Float32Array[]> {
    const given = this.frozen?.predict(x, {batchSize: x.shape[0]!}) ?? x;
    const features = given as tf.Tensor;
    const all = (await features.data()) as Float32Array;
    if (features !== x) features.dispose();
    const length = all.length / x.shape[0]!;
    return Array.from({length: x.shape[0]!}, (_, i) => all.slice(i * length, (i + 1) * length));
  }

  dispose(): void {
    this.frozen?.dispose();
  }
}

/** Features of clips by class; those of the cache are taken, others put there. */
export async function featuresOfClips(
  body: Body,
  clips: ClipsByClass,
  cache: FeatureCache,
  {onSample, signal}: FeatureOptions,
): Promise<CachedSamples> {
  const classes = Object.keys(clips);
  const all = Object.values(clips).flatMap((list, c) => list.map((clip) => ({clip, c})));
  const name = body.cut.value.sourceLayer.name;
  const samples: Sample[] = [];
  for (const {clip, c} of all) {
    signal?.throwIfAborted();
    let values = cache.get(clip)?.get(name);
    if (values === undefined) {
      const batch = clip.rank < body.rank ? tf.expandDims(clip, 0) : clip;
      [values] = (await body.values(batch)) as [Float32Array];
      if (batch !== clip) batch.dispose();
      const known = cache.get(clip) ?? new Map<string, Float32Array>();
      cache.set(clip, known.set(name, values));
      await turnOfOthers();
    }
    samples.push({values, target: Float32Array.from(classes, (_, i) => (i === c ? 1 : 0))});
    onSample?.(samples.length, all.length);
  }
  return new CachedSamples(classes, body.shape, samples);
}

/** Features of the samples of a data set, over some epochs, of which each augments anew where the data set does. */
export async function featuresOfData(
  body: Body,
  data: Batches,
  {epochs, seed}: {readonly epochs: number; readonly seed: number},
  {batchSize, onSample, signal}: FeatureOptions,
): Promise<CachedSamples> {
  const samples: Sample[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const batches = batchesOf(data, epoch, {batchSize, seed, ...(signal && {signal})});
    for await (const batch of batches) {
      await add(samples, body, batch);
      onSample?.(samples.length, Math.max(epochs * data.size, samples.length));
      signal?.throwIfAborted();
    }
  }
  return new CachedSamples(data.classes, body.shape, samples);
}

/** What a further part makes of kept samples. */
export async function featuresOfSamples(
  body: Body,
  kept: CachedSamples,
  batchSize: number,
): Promise<CachedSamples> {
  const samples: Sample[] = [];
  for (const batch of kept.inOrder(batchSize)) await add(samples, body, batch);
  return new CachedSamples(kept.classes, body.shape, samples);
}

async function add(samples: Sample[], body: Body, {x, y}: Batch): Promise<void> {
  try {
    const values = await body.values(x);
    const targets = (await y.data()) as Float32Array;
    const classes = targets.length / values.length;
    for (const [i, value] of values.entries())
      samples.push({values: value, target: targets.slice(i * classes, (i + 1) * classes)});
  } finally {
    x.dispose();
    y.dispose();
  }
}

/** Refuses clips that the model does not take. */
export function checkClips(caller: string, model: LayersModel, clips: ClipsByClass): void {
  const wanted = model.inputs[0]!.shape.slice(1);
  for (const [label, list] of Object.entries(clips)) {
    if (!Array.isArray(list) || list.length === 0)
      throw new InvalidArgumentError(
        `${caller}: class ${JSON.stringify(label)} has no clips; give a list of at least one tensor.`,
      );
    for (const clip of list as readonly tf.Tensor[]) {
      const shape = clip?.shape ?? [];
      const own = shape.length === wanted.length + 1 && shape[0] === 1 ? shape.slice(1) : shape;
      const isFit =
        own.length === wanted.length &&
        wanted.every((length, axis) => length === null || length === own[axis]);
      if (isFit) continue;
      throw new InvalidArgumentError(
        `${caller}: a clip of class ${JSON.stringify(label)} is [${shape.join(', ')}], the model takes [${wanted.join(', ')}]; readClip(source, info) makes such clips.`,
      );
    }
  }
}
