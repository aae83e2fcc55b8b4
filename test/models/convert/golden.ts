/** The authors' tiny checkpoints with the answers of their code, and networks of ours of the same size. */
import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type Checkpoint, read} from '../../../src/models/checkpoints';
import {networkDefinition, registerNetwork} from '../../../src/networks';
import {fillInput} from '../../support/fill';

const bytesOf = (name: string) => readFileSync(new URL(`../../golden/checkpoints/${name}`, import.meta.url));
const {files} = JSON.parse(bytesOf('manifest.json').toString());

export const SLOW_ONLY = 'slowonly_golden_sts';
export const X3D_IMAGE = 'x3d_golden_image';
export const X3D = 'x3d_golden_sts';

/** Whatever the golden files need; for `beforeAll`. */
export function registerGoldenNetworks(): void {
  const side = {height: 32, width: 32};
  const path = {channels: 4, stemTaps: 1, taps: [1, 1, 3, 3]};
  registerSized(SLOW_ONLY, 'slowonly_tiny_sts', {...side, frames: 8, path});
  registerSized(X3D_IMAGE, 'x3d_tiny', {...side, frames: 1, hidden: 32, hiddenBias: true});
  registerSized(X3D, 'x3d_tiny_sts', {...side, hidden: 32});
}

function registerSized(name: string, base: string, sized: Record<string, unknown>): void {
  const definition = networkDefinition(base);
  const config = {...definition.config, ...sized};
  registerNetwork({
    ...definition,
    name,
    config,
    create: (overrides = {}) => definition.create({...sized, ...overrides}),
  });
}

/** What `read` gives of a golden file. */
export const goldenCheckpoint = (name: string): Checkpoint => read(bytesOf(name), {name});

/** Largest difference between a model's answer and that of the authors' code with the weights of a golden file. */
export function errorOf(model: LayersModel, file: string): number {
  const {input_shape: shape, logits_f64: logits} = files[file].forward;
  const [batch, channels, ...lengths] = shape;
  const [time, height, width] = lengths.length === 3 ? lengths : [1, ...lengths];
  const input = fillInput([batch, channels, time, height, width], [0, 2, 3, 4, 1]);
  const answer = tf.tidy(() =>
    (model.predict(tf.tensor(input, [batch, time, height, width, channels])) as tf.Tensor).dataSync(),
  );
  return Math.max(...logits.flat().map((logit: number, i: number) => Math.abs(answer[i]! - logit)));
}
