/**
 * The network: SlowOnly of three stages of one block with STS convolutions, whose stem begins with gratings that drift to the right,
 * left, down and up, each in two phases (motion energy: Adelson and Bergen, 1985). They stay as they are: when they
 * learned at the rate of the other layers they were gone after a few updates, and after 24,000 clips the network told no tilts.
 */
import * as tf from '@tensorflow/tfjs-core';
import {createNetwork} from 'tfjs-sts/networks';
import {movementNames} from './task/movements.mjs';

const WAYS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
];

/** @param settings of settings.mjs */
export function cameraNetwork({network, config, clip, gratings}) {
  const model = createNetwork(network, {...config, ...clip, classes: movementNames.length});
  const stem = model.getLayer('conv1');
  const [kernel, ...others] = stem.getWeights();
  const values = tf.tensor(gratingKernel(kernel.shape, gratings), kernel.shape);
  stem.setWeights([values, ...others]);
  values.dispose();
  return model;
}

/**
 * Drifting gratings under a bell, without mean, of length 1, alike in all colours.
 *
 * @param shape `[taps, height, width, colours, filters]`
 */
export function gratingKernel([taps, height, width, colours, filters], {wave, radius, drift}) {
  const values = new Float32Array(taps * height * width * colours * filters);
  for (let filter = 0; filter < filters; filter++) {
    const [across, down] = WAYS[filter % WAYS.length];
    const phase = (Math.PI / 2) * Math.floor(filter / WAYS.length);
    const pixels = [];
    for (let t = 0; t < taps; t++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const [right, low] = [x - (width - 1) / 2, y - (height - 1) / 2];
          const bell = Math.exp(-(right * right + low * low) / (2 * radius * radius));
          const place = (right * across + low * down) / wave - drift * (t - (taps - 1) / 2);
          pixels.push({bell, wave: bell * Math.cos(2 * Math.PI * place + phase)});
        }
    const level = sum(pixels.map((one) => one.wave)) / sum(pixels.map((one) => one.bell));
    const flat = pixels.map((one) => one.wave - level * one.bell);
    const length = Math.sqrt(colours * sum(flat.map((value) => value * value)));
    flat.forEach((value, pixel) => {
      for (let colour = 0; colour < colours; colour++)
        values[(pixel * colours + colour) * filters + filter] = value / length;
    });
  }
  return values;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
