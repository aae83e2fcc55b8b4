/** Ops that are called again with the same shapes have one description of their convolution, by which kernels keep plans. */
import {describe, expect, it} from 'vitest';
import {type ConvSettings, convInfo} from '../../src/geometry/conv_settings';
import {keptInfo} from '../../src/ops/kept_info';
import {InvalidArgumentError} from '../../src/util/errors';

const x = [1, 4, 6, 6, 8];
const filter = [3, 3, 3, 8, 4];
const settings: ConvSettings = {kind: 'conv3d', strides: [1, 2, 2], pad: 'same'};

describe('keptInfo', () => {
  it('is one object for the same settings and shapes, and what convInfo says', () => {
    const info = keptInfo(settings, x, filter);
    expect(info).toEqual(convInfo(settings, x, filter));
    expect(keptInfo({...settings}, [...x], [...filter])).toBe(info);
  });

  it('is another one for anything else', () => {
    const others: [ConvSettings, number[], number[]][] = [
      [settings, [2, 4, 6, 6, 8], filter],
      [settings, x, [3, 3, 3, 8, 5]],
      [{...settings, strides: 1}, x, filter],
      [{...settings, pad: 'valid'}, x, filter],
      [{...settings, dilations: 1, strides: 2}, x, filter],
      [{...settings, groups: 2}, x, [3, 3, 3, 4, 4]],
      [{...settings, kind: 'stsConv3d', strides: 1}, x, [3, 1, 1, 8, 4]],
    ];
    const infos = others.map((other) => keptInfo(...other));
    expect(infos).toEqual(others.map((other) => convInfo(...other)));
    expect(new Set([keptInfo(settings, x, filter), ...infos]).size).toBe(others.length + 1);
  });

  it('keeps nothing that is refused', () => {
    for (const strides of [0, 1.5, Number.NaN]) {
      const call = () => keptInfo({...settings, strides}, x, filter);
      expect(call).toThrow(InvalidArgumentError);
      expect(call).toThrow(InvalidArgumentError);
    }
  });
});
