/** The loop that the pooling kernels of the cpu backend share: every input in the window of every output. */
import {sizeOf} from '../../util/shapes';
import type {PoolInfo} from '../pool_info';

/** Flat indices of the first channel of an output and of an input in its window. */
type VisitInput = (output: number, input: number) => void;

/** Visits the inputs of a window in the order of memory; what lies outside the input is left out. */
export function forEachInput(info: PoolInfo, visit: VisitInput): void {
  const [batch, time, height, width, channels] = info.inputShape;
  const [, outTime, outHeight, outWidth] = info.outputShape;
  const columns = Array.from({length: outWidth}, (_, w) => range(info, 2, w, width));
  let y = 0;
  for (let n = 0; n < batch; n++) {
    for (let t = 0; t < outTime; t++) {
      const [tFirst, tEnd] = range(info, 0, t, time);
      for (let h = 0; h < outHeight; h++) {
        const [hFirst, hEnd] = range(info, 1, h, height);
        for (const [wFirst, wEnd] of columns) {
          for (let a = tFirst; a < tEnd; a++) {
            for (let b = hFirst; b < hEnd; b++) {
              const line = ((n * time + a) * height + b) * width;
              for (let c = wFirst; c < wEnd; c++) visit(y, (line + c) * channels);
            }
          }
          y += channels;
        }
      }
    }
  }
}

/** Of one axis: the positions of the input in the window of an output, as `[first, end]`. */
function range(info: PoolInfo, axis: number, output: number, length: number): [first: number, end: number] {
  const start = output * info.strides[axis]! - info.padding[axis]!;
  return [Math.max(0, start), Math.min(start + info.window[axis]!, length)];
}

/** How many inputs each output averages, one number for all its channels: at `output / channels`. */
export function inputCounts(info: PoolInfo): Float64Array {
  const counts = new Float64Array(sizeOf(info.outputShape.slice(0, 4)));
  const channels = info.inputShape[4];
  forEachInput(info, (output) => {
    counts[output / channels]!++;
  });
  return counts;
}
