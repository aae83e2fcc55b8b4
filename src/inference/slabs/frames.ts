/** The frames of one value of a model that have come and are still needed: a ring of pieces along axis 1. */
import {concat, dispose, keep, reshape, slice, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../util/shapes';

interface Piece {
  readonly first: number;
  readonly end: number;
  readonly values: Tensor;
}

export class Frames {
  private pieces: Piece[] = [];
  /** How many frames have come. */
  end = 0;

  /** @param shape of all frames, `[batch, frames, ...]` */
  constructor(readonly shape: readonly number[]) {}

  /** How many there will be. */
  get length(): number {
    return this.shape[1]!;
  }

  /** Takes over the next frames: the tensor is disposed of when nobody needs it any more. */
  append(values: Tensor): void {
    const first = this.end;
    this.end += values.shape[1]!;
    this.pieces.push({first, end: this.end, values: keep(values)});
  }

  /** Frames `first` to `end - 1`, a new tensor. */
  take(first: number, end: number): Tensor {
    const parts = this.pieces.filter((piece) => piece.end > first && piece.first < end);
    return tidy(() =>
      joined(
        parts.map((piece) => {
          const [from, to] = [Math.max(first, piece.first), Math.min(end, piece.end)];
          return cut(piece.values, from - piece.first, to - from);
        }),
      ),
    );
  }

  /** Frees the pieces that end before a frame. */
  dropBefore(frame: number): void {
    const isOld = ({end}: Piece) => end <= frame;
    dispose(this.pieces.filter(isOld).map(({values}) => values));
    this.pieces = this.pieces.filter((piece) => !isOld(piece));
  }

  dispose(): void {
    this.dropBefore(Infinity);
  }
}

/** `count` frames of a tensor, a tensor of its own. Of one clip they lie side by side, and the host copies them at once. */
export function cut(values: Tensor, first: number, count: number): Tensor {
  const [batch, frames, ...frame] = values.shape as [number, number, ...number[]];
  if (count === frames) return values.clone();
  const size = sizeOf(frame);
  return tidy(() => {
    const view = reshape(values, [batch, frames * size]);
    return reshape(slice(view, [0, first * size], [batch, count * size]), [batch, count, ...frame]);
  });
}

/** Pieces one after the other along axis 1. The view of rank 2 is the one that every backend copies fast. */
export function joined(pieces: readonly Tensor[]): Tensor {
  const [first] = pieces as [Tensor];
  if (pieces.length === 1) return first.clone();
  const [batch, , ...frame] = first.shape as [number, number, ...number[]];
  const frames = pieces.reduce((sum, {shape}) => sum + shape[1]!, 0);
  return tidy(() => {
    const views = pieces.map((piece) => reshape(piece, [batch, piece.size / batch]));
    return reshape(concat(views, 1), [batch, frames, ...frame]);
  });
}
