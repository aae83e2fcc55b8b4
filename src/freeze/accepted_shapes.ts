/**
 * Which lengths of its inputs a model insists on: those that the layers that read an input insist on, such as the channels
 * of a convolution, and not the sizes that the model happens to be built for.
 */
import {LayersModel, type SymbolicTensor} from '@tensorflow/tfjs-layers';
import {callsOf, type Layer} from '../layers/models/graph';
import type {PartialShape} from '../util/shapes';

/** For each input of the model. */
export function acceptedShapes(model: LayersModel): PartialShape[] {
  const calls = callsOf(model);
  return model.inputs.map((value) => {
    const shape: (number | null)[] = value.shape.map(() => null);
    for (const {layer, inputs} of calls) {
      inputs.forEach((input, i) => {
        if (input === value) insist(shape, layer, i, value);
      });
    }
    return shape;
  });
}

/** Enters the lengths that a layer insists on for its input `i`. */
function insist(shape: (number | null)[], layer: Layer, i: number, {rank}: SymbolicTensor): void {
  const spec =
    layer instanceof LayersModel ? {shape: acceptedShapes(layer)[i]!} : [layer.inputSpec ?? []].flat()[i];
  spec?.shape?.forEach((length, axis) => {
    if (length != null && axis < rank) shape[axis] = length;
  });
  if (spec === undefined || !('axes' in spec)) return;
  for (const [axis, length] of Object.entries(spec.axes ?? {})) {
    if (length != null) shape[(Number(axis) + rank) % rank] = length;
  }
}
