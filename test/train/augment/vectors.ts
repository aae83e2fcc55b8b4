/** What Pillow, torchvision and timm answered (scripts/reference/augment.py), as bytes. */
import {readFileSync} from 'node:fs';
import type {Interpolation, OperationName, RandomSource} from '../../../src/train/augment';
import type {Picture} from '../../../src/video/clips';

interface Vectors {
  readonly pictures: Record<string, {width: number; height: number; data: string}>;
  readonly names: OperationName[];
  readonly operations: {
    name: OperationName;
    magnitude: number;
    sign: 1 | -1;
    interpolation: Interpolation;
    picture: string;
    argument: number;
    data: string;
  }[];
  readonly colours: {
    name: 'brightness' | 'contrast' | 'saturation' | 'hue';
    amount: number;
    picture: string;
    data: string;
  }[];
  readonly everyHue: {steps: number[]; turn: number; sum: number};
  readonly crops: {
    picture: string;
    rectangle: [left: number, top: number, width: number, height: number];
    size: [width: number, height: number];
    interpolation: Interpolation;
    data: string;
  }[];
  readonly rectangles: {
    width: number;
    height: number;
    area: [number, number];
    aspect: [number, number];
    numbers: number[];
    rectangle: [left: number, top: number, width: number, height: number];
  }[];
  readonly mixes: {
    width: number;
    height: number;
    labels: number[];
    data: string;
    cases: {cutmix: boolean; share: number; numbers: number[]; data: string; targets: number[]}[];
  };
}

const path = new URL('../../golden/train/augment.json', import.meta.url);
export const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors;

export const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

export function pictureOf(name: string): Picture {
  const {width, height, data} = vectors.pictures[name]!;
  return {width, height, data: bytes(data)};
}

/** Hands out given numbers, as the script handed them to timm. */
export function given(numbers: readonly number[]): RandomSource {
  let used = 0;
  return {
    uniform() {
      if (used === numbers.length) throw new Error('more numbers are drawn than timm draws');
      return numbers[used++]!;
    },
  };
}
