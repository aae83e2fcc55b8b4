/**
 * Which lengths of its inputs a model insists on: those that the layers that read an input insist on, such as the channels
 * of a convolution, and not the sizes that the model happens to be built for.
 */
import type {Layer} from '../../../layers/models/graph';
import type {PartialShape} from '../../../util/shapes';
import type {FlatModel} from './flat_calls';

/** For each input of the model. */
export function acceptedShapes({inputs, calls}: FlatModel): PartialShape[] {
  return inputs.map((value) => {
    const shape: (number | null)[] = value.shape.map(() => null);
    for (const {layer, inputs: read} of calls) {
      read.forEach((input, i) => {
        if (input === value && layer !== undefined) insist(shape, layer, i);
      });
    }
    return shape;
  });
}

/** Enters the lengths that a layer insists on for its input `i`. */
function insist(shape: (number | null)[], layer: Layer, i: number): void {
  const rank = shape.length;
  const spec = [layer.inputSpec ?? []].flat()[i];
  spec?.shape?.forEach((length, axis) => {
    if (length != null && axis < rank) shape[axis] = length;
  });
  for (const [axis, length] of Object.entries(spec?.axes ?? {})) {
    if (length != null) shape[(Number(axis) + rank) % rank] = length;
  }
}
