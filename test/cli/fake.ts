/** A command line in a box: streams that remember, and a tiny model that names the colour of a video. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import {type PredictTools, predictCommand} from '../../src/cli/commands/predict';
import type {CliIo} from '../../src/cli/io';
import type {LoadedModel} from '../../src/models/zoo';
import {InvalidArgumentError} from '../../src/util/errors';
import {ffmpegSource} from '../../src/video/clips/sources/ffmpeg';

export function box({isTTY = false, columns = 80, env = {}, stdin = [] as Uint8Array[]} = {}) {
  const written = {out: '', err: ''};
  const io: CliIo = {
    stdin: (async function* () {
      yield* stdin;
    })(),
    stdout: {
      write(text: string) {
        written.out += text;
      },
    },
    stderr: {
      write(text: string) {
        written.err += text;
      },
      isTTY,
      columns,
    },
    interruption: () => new AbortController().signal,
    env,
    version: () => '1.2.3',
  };
  return {io, written};
}

export const COLOURS = ['red', 'green', 'blue'];

/** `[1, frames, 6, 6, 3]`, values (pixel - 127) / 128 -> logits: four times the mean of each channel, and a bias of 1. */
export function colourModel(frames: number): LoadedModel {
  const input = tfl.input({shape: [frames, 6, 6, 3]});
  const pooled = tfl.layers.reshape({targetShape: [frames * 36, 3]}).apply(input) as tfl.SymbolicTensor;
  const mean = tfl.layers.globalAveragePooling1d().apply(pooled) as tfl.SymbolicTensor;
  const weights = [tf.tensor2d([4, 0, 0, 0, 4, 0, 0, 0, 4], [3, 3]), tf.ones([3])];
  const logits = tfl.layers.dense({units: 3, weights}).apply(mean) as tfl.SymbolicTensor;
  tf.dispose(weights);
  const model = tfl.model({inputs: input, outputs: logits});
  return {
    model,
    info: {
      name: 'colours',
      network: null,
      frames,
      size: 8,
      crop: 6,
      mean: 127,
      std: 128,
      labels: COLOURS,
      output: 'logits',
    },
  };
}

/** The command with the tiny model on the cpu backend; `calls` remembers what was asked for. */
export function fakePredict(changes: Partial<PredictTools> = {}) {
  const calls: string[] = [];
  const tools: PredictTools = {
    async startBackend(name, threads) {
      calls.push(`backend ${name} ${threads}`);
      await tf.setBackend('cpu');
      return name === 'best' ? 'cpu' : name;
    },
    openVideo: ffmpegSource,
    async loadModel(name, {frames = 4, onProgress}) {
      calls.push(`model ${name} ${frames}`);
      if (name === 'absent')
        throw new InvalidArgumentError("unknown model 'absent'; the known ones are colours");
      onProgress?.(0.5);
      return colourModel(frames);
    },
    ...changes,
  };
  return {command: predictCommand(tools), calls};
}
