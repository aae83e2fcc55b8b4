/**
 * The types and small conventions of the host's layers that tfjs-layers uses in public signatures but does not
 * export by name, and the two conversions that every layer starts with. No layer is defined here.
 */
import type {Tensor} from '@tensorflow/tfjs-core';
import type {layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';

/** What the host's signatures have for a shape: `null` for every length that is not known yet; the first entry is the batch. */
export type HostShape = Array<number | null>;

/** What the host passes to `call` besides the inputs; `training` is the only key that layers here read. */
export type Kwargs = Parameters<layers.Layer['call']>[1];

/** Layout of rank-5 tensors: `[batch, time, height, width, channels]` or `[batch, channels, time, height, width]`. */
export type DataFormat = 'channelsLast' | 'channelsFirst';

/** The arguments of every layer: name, inputShape, trainable and the like. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** The arguments that the host's layer factory takes. */
export type HostArgs<Factory extends keyof typeof layers> = (typeof layers)[Factory] extends (
  args: infer A,
) => unknown
  ? NonNullable<A>
  : never;

/** Shapes as the host hands those of its inputs to a layer: one as it is, several as a list. */
export function inputShapesOf(shapes: HostShape[]): HostShape | HostShape[] {
  return shapes.length === 1 ? shapes[0]! : shapes;
}

/** The one tensor that a layer with one input is called with. */
export function oneTensor(inputs: Tensor | Tensor[], layer: string): Tensor {
  if (!Array.isArray(inputs)) return inputs;
  if (inputs.length === 1) return inputs[0]!;
  throw new InvalidArgumentError(
    `${layer}: takes one tensor; got ${inputs.length}. Merge them before this layer.`,
  );
}

/** The one rank-5 shape that a layer with one input is built with. */
export function oneShape5D(inputShape: HostShape | HostShape[], layer: string): HostShape {
  const shapes = (inputShape.some(Array.isArray) ? inputShape : [inputShape]) as HostShape[];
  const shape = shapes[0]!;
  if (shapes.length === 1 && shape.length === 5) return shape;
  throw new InvalidArgumentError(
    `${layer}: takes one input of rank 5, [batch, time, height, width, channels] (or channels after the batch for ` +
      `channelsFirst); got ${shapes.map(shapeText).join(' and ')}.`,
  );
}

/** A shape as error messages print it. */
export function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((length) => length ?? 'null').join(', ')}]`;
}

/** Checks a `dataFormat` argument. Missing means 'channelsLast', as in the host. */
export function checkDataFormat(dataFormat: string | null | undefined, layer: string): DataFormat {
  if (dataFormat == null) return 'channelsLast';
  if (dataFormat === 'channelsLast' || dataFormat === 'channelsFirst') return dataFormat;
  throw new InvalidArgumentError(
    `${layer}: dataFormat must be 'channelsLast' or 'channelsFirst'; got ${JSON.stringify(dataFormat)}.`,
  );
}
