/**
 * What a user gives with a convolution, and the checks of it that all convolutions share. What the options come to is
 * computed elsewhere: padding in padded_grid.ts, parts in ordinary_info.ts and sts_info.ts.
 */
import {InvalidArgumentError} from '../util/errors';
import {optionNames} from '../util/names';
import type {Shape5D} from '../util/shapes';

/** 'same' and 'valid' as TensorFlow defines them, one number for all sides, or `[before, after]` for time, height, width. */
export type Padding3D = 'same' | 'valid' | number | readonly (readonly [number, number])[];

/** How an odd number of channels is split into a static and a dynamic half: 'ceil' gives the static half one more. */
export type SplitRounding = 'ceil' | 'floor';

export interface ConvOptions {
  strides?: number | readonly number[];
  pad?: Padding3D;
  dilations?: number | readonly number[];
}

export interface GroupedConvOptions extends ConvOptions {
  groups?: number;
}

export interface StsConvOptions extends GroupedConvOptions {
  split?: SplitRounding;
}

export const CONV_OPTIONS = optionNames<ConvOptions>({strides: true, pad: true, dilations: true});
export const GROUPED_OPTIONS = [...CONV_OPTIONS, 'groups'];
export const STS_OPTIONS = [...GROUPED_OPTIONS, 'split'];

/** A function that refuses: throws an InvalidArgumentError that begins with the op's name. */
export type Refuse = (message: string) => never;

export function refuseFor(op: string): Refuse {
  return (message) => {
    throw new InvalidArgumentError(`${op}: ${message}.`);
  };
}

export function checkShapes(
  xShape: readonly number[],
  filterShape: readonly number[],
  refuse: Refuse,
): [Shape5D, Shape5D] {
  if (xShape.length !== 5) {
    refuse(
      `x must have rank 5, [batch, time, height, width, channels] (or 4, without batch); got shape [${xShape.join(', ')}]`,
    );
  }
  if (filterShape.length !== 5) {
    refuse(`filter must have rank 5, [kt, kh, kw, in, out]; got shape [${filterShape.join(', ')}]`);
  }
  const whole = (shape: readonly number[]) => shape.every((n) => Number.isInteger(n) && n >= 0);
  if (!whole(xShape) || !whole(filterShape)) {
    refuse(
      `shapes must be whole numbers; got x [${xShape.join(', ')}] and filter [${filterShape.join(', ')}]`,
    );
  }
  if (xShape.slice(1).some((n) => n < 1) || filterShape.some((n) => n < 1)) {
    refuse(
      `only the batch may be empty; got x [${xShape.join(', ')}] and filter [${filterShape.join(', ')}]`,
    );
  }
  return [[...xShape] as Shape5D, [...filterShape] as Shape5D];
}

export function checkGroups(input: Shape5D, filter: Shape5D, groups: number, refuse: Refuse): number {
  if (!Number.isInteger(groups) || groups < 1)
    refuse(`groups must be a whole number of at least 1; got ${groups}`);
  if (filter[3] * groups !== input[4]) {
    refuse(
      `the filter takes ${filter[3]} input channels a group and there are ${groups} groups, ${filter[3] * groups} channels in all; ` +
        `x has ${input[4]} (shape [${input.join(', ')}], filter [${filter.join(', ')}])`,
    );
  }
  if (filter[4] % groups !== 0)
    refuse(`the filter's ${filter[4]} output channels must divide evenly into ${groups} groups`);
  return groups;
}

export function checkDepthwise(input: Shape5D, filter: Shape5D, refuse: Refuse): void {
  if (filter[3] === input[4]) return;
  refuse(
    `a depthwise filter is [kt, kh, kw, channels, multiplier] with the channels of x; x has ${input[4]} channels, ` +
      `the filter ${filter[3]} (x [${input.join(', ')}], filter [${filter.join(', ')}])`,
  );
}
