/**
 * The fixed inputs of test/golden/efficientnet_lite0, made again from their formulas and from the photographs, and what
 * PyTorch answered (scripts/reference). Node only.
 */
import {readFileSync} from 'node:fs';
import {readGoldenTensors} from '../../support/safetensors';
import {decodePng} from './png';

/** What the reference says of one feature map; flat indices run over `[height, width, channels]`. */
export interface GoldenPoint {
  shape: [number, number, number];
  mean: number;
  std: number;
  absmax: number;
  first8: number[];
  spread16: number[];
}

interface GoldenAnswer {
  top5: {index: number; label: string; probability: number}[];
  max_abs_logit: number;
}

/** One case of cases.json. `f32`: published weights, `f16`: kernels rounded to half precision, as shipped. */
export interface GoldenCase {
  input_shape: [number, number, number];
  input_first8: number[];
  f32: GoldenAnswer;
  f16: GoldenAnswer;
  points?: Record<string, GoldenPoint>;
}

const root = new URL('../../../', import.meta.url);

/** The bytes of a file, by its path from the root of the repository. */
export function readFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, root)));
}

/** A text file, by its path from the root of the repository. */
export function readText(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

export const cases: Record<string, GoldenCase> = JSON.parse(
  readText('test/golden/efficientnet_lite0/cases.json'),
).cases;

export const caseNames = Object.keys(cases);
export const photoNames = caseNames.filter((name) => name.startsWith('photo_'));

const logits = readGoldenTensors(readFile('test/golden/efficientnet_lite0/logits.safetensors'));

/** The 1000 logits of PyTorch, computed in float64. */
export function goldenLogits(name: string, weights: 'f32' | 'f16'): Float32Array {
  return logits.get(`${name}/${weights}`)!.values;
}

/** The input of a case, `[height, width, 3]` row-major, as the network takes it: (pixel - 127) / 128. */
export function inputOf(name: string): Float32Array {
  const [height, width] = cases[name]!.input_shape;
  if (name.startsWith('noise_')) return noise(`efficientnet_lite0/${name}`, height * width * 3);
  if (name.startsWith('pattern_')) return Float32Array.from(pattern(height, width), normalise);
  const picture = decodePng(readFile(`test/golden/photos/${name.slice('photo_'.length)}.png`));
  return Float32Array.from(picture.data, normalise);
}

const normalise = (pixel: number) => (pixel - 127) / 128;

function pattern(height: number, width: number): number[] {
  const pixels: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) pixels.push((3 * y + 5 * x + 85 * c + Math.floor((x * y) / 16)) % 256);
    }
  }
  return pixels;
}

function noise(key: string, length: number): Float32Array {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return Float32Array.from({length}, (_, index) => {
    let x = (hash ^ Math.imul(index, 0x9e3779b1)) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b) >>> 0;
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) >>> 0;
    x = (x ^ (x >>> 16)) >>> 0;
    return ((x >>> 9) - 4194304) / 4194304;
  });
}

/** Largest absolute difference of two sequences of equal length. */
export function maxAbsDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`maxAbsDifference: ${a.length} values against ${b.length}`);
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

/** Indices of the five largest values, largest first. */
export function topFive(values: ArrayLike<number>): number[] {
  return Array.from(values, (value, index) => ({value, index}))
    .sort((a, b) => b.value - a.value)
    .slice(0, 5)
    .map(({index}) => index);
}
