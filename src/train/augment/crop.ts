/** The rectangle of RandomResizedCrop: of random area and aspect, at a random place, as torchvision and timm draw it. */
import {between, type RandomSource} from './random';
import type {Rectangle} from './resize';

/** The lowest and the highest value. */
export type ValueRange = readonly [low: number, high: number];

const ATTEMPTS = 10;

/** Halves to the even neighbour, as Python rounds. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * @param area shares of the picture's area
 * @param aspect widths over heights; the logarithm is drawn evenly
 * @returns after ten attempts that do not fit, the largest rectangle in the middle whose aspect is allowed
 */
export function randomRectangle(
  random: RandomSource,
  {width, height}: {readonly width: number; readonly height: number},
  area: ValueRange,
  aspect: ValueRange,
): Rectangle {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const pixels = between(random, ...area) * width * height;
    const ratio = Math.exp(between(random, Math.log(aspect[0]), Math.log(aspect[1])));
    const size = {
      width: roundHalfEven(Math.sqrt(pixels * ratio)),
      height: roundHalfEven(Math.sqrt(pixels / ratio)),
    };
    if (size.width < 1 || size.height < 1 || size.width > width || size.height > height) continue;
    const top = Math.floor(random.uniform() * (height - size.height + 1));
    return {...size, top, left: Math.floor(random.uniform() * (width - size.width + 1))};
  }
  const ratio = width / height;
  const size = {width, height};
  if (ratio < aspect[0]) size.height = roundHalfEven(width / aspect[0]);
  else if (ratio > aspect[1]) size.width = roundHalfEven(height * aspect[1]);
  return {...size, left: Math.floor((width - size.width) / 2), top: Math.floor((height - size.height) / 2)};
}
