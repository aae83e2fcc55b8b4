/** Every operation against Pillow's, torchvision's and timm's, byte for byte. */
import {describe, expect, it} from 'vitest';
import {
  applyOperation,
  cropAndResize,
  OPERATION_NAMES,
  operationAt,
  randomRectangle,
} from '../../../src/train/augment';
import {brightness, colour, contrast, hue} from '../../../src/train/augment/enhance';
import {flip} from '../../../src/train/augment/pictures';
import {bytes, given, pictureOf, vectors} from './vectors';

const FILL = [124, 116, 104] as const;

describe('RandAugment', () => {
  it('has the operations of timm in its order', () => {
    expect(OPERATION_NAMES).toEqual(vectors.names);
  });

  it.each(OPERATION_NAMES)('%s gives the bytes of timm and Pillow', (name) => {
    const cases = vectors.operations.filter((vector) => vector.name === name);
    expect(cases.length).toBeGreaterThan(1);
    for (const {magnitude, sign, interpolation, picture, argument, data} of cases) {
      const chosen = operationAt(name, magnitude, sign);
      expect(chosen.argument, `${name} ${magnitude}`).toBeCloseTo(argument, 12);
      const result = applyOperation(pictureOf(picture), chosen, {interpolation, fill: FILL});
      expect(result.data, `${name} ${magnitude} ${sign} ${picture} ${interpolation}`).toEqual(bytes(data));
    }
  });
});

describe('colours', () => {
  const functions = {brightness, contrast, saturation: colour, hue};

  it.each(vectors.colours)(
    '$name $amount of $picture is as torchvision makes it',
    ({name, amount, picture, data}) => {
      expect(functions[name](pictureOf(picture), amount).data).toEqual(bytes(data));
    },
  );

  it('turns the hue of 110,592 colours as Pillow does', () => {
    const {steps, turn, sum} = vectors.everyHue;
    const data = Uint8Array.from(steps.flatMap((r) => steps.flatMap((g) => steps.flatMap((b) => [r, g, b]))));
    const turned = hue({data, width: steps.length, height: steps.length ** 2}, turn).data;
    // At most 331,776 x 331,776 x 255 / 2, which a double holds.
    expect(turned.reduce((total, value, i) => total + value * (i + 1), 0)).toBe(sum);
  });
});

describe('crop and resize', () => {
  it.each(vectors.crops)('$rectangle of $picture to $size, $interpolation, as Pillow does', (vector) => {
    const [left, top, width, height] = vector.rectangle;
    const size = {width: vector.size[0], height: vector.size[1]};
    const result = cropAndResize(
      pictureOf(vector.picture),
      {left, top, width, height},
      size,
      vector.interpolation,
    );
    expect(result).toEqual({...size, data: bytes(vector.data)});
  });

  it.each(vectors.rectangles)('draws the rectangle that timm draws in $width x $height', (vector) => {
    const {left, top, width, height} = randomRectangle(
      given(vector.numbers),
      vector,
      vector.area,
      vector.aspect,
    );
    expect([left, top, width, height]).toEqual(vector.rectangle);
  });
});

it('rounds a side of 2.5 pixels to 2, as Python does', () => {
  const {width, height} = randomRectangle(given([0, 0, 0, 0]), {width: 5, height: 5}, [0.25, 0.25], [1, 1]);
  expect([width, height]).toEqual([2, 2]);
});

it('flips left and right', () => {
  const data = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  const flipped = [7, 8, 9, 4, 5, 6, 1, 2, 3, 17, 18, 19, 14, 15, 16, 11, 12, 13];
  expect([...flip({data, width: 3, height: 2}).data]).toEqual(flipped);
});
