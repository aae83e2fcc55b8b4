/**
 * Gradients with respect to filters are sums over positions, which are cut into pieces: each piece is summed by itself, and what the
 * pieces have is added up at last. Rows of an order are the shares of the first piece, then those of the second, and so on.
 */
import {PieceSumsCall, PiecesCall} from './calls';

/** How many rows of an order from `row` on belong to the same piece. */
export function sharesFrom(pieces: PiecesCall, row: i32, end: i32): i32 {
  return min(end - row, pieces.shares - (row % pieces.shares));
}

/** The sums of the piece that a row of an order belongs to. */
export function sumsOf(pieces: PiecesCall, row: i32): usize {
  return pieces.sums + (row / pieces.shares) * pieces.sumsBytes;
}

/** Where that piece begins, and where it ends. */
export function beginOf(pieces: PiecesCall, row: i32): i32 {
  return (row / pieces.shares) * pieces.pieceRows;
}

export function endOf(pieces: PiecesCall, row: i32): i32 {
  return min(pieces.rows, beginOf(pieces, row) + pieces.pieceRows);
}

/** How long blocks of about one length are that are so many at least, at most `most` long. */
export function evenLength(all: i32, most: i32): i32 {
  const blocks = max(1, (all + most - 1) / most);
  return (all + blocks - 1) / blocks;
}

/** Rows `first` to `end - 1` of a part's filter. */
export function addPieces(address: usize, first: i32, end: i32): void {
  const call = changetype<PieceSumsCall>(address);
  const bytes = call.columns << 2;
  for (; first < end; first++)
    addRow(call, call.from + first * bytes, call.to + first * call.rowBytes, bytes);
}

function addRow(call: PieceSumsCall, from: usize, to: usize, bytes: i32): void {
  const apart = call.pieceBytes;
  let at = 0;
  for (; at + 16 <= bytes; at += 16) {
    let sum = v128.load(from + at);
    for (let piece = 1; piece < call.pieces; piece++)
      sum = f32x4.add(sum, v128.load(from + piece * apart + at));
    v128.store(to + at, call.starts ? sum : f32x4.add(v128.load(to + at), sum));
  }
  for (; at < bytes; at += 4) {
    let sum = load<f32>(from + at);
    for (let piece = 1; piece < call.pieces; piece++) sum += load<f32>(from + piece * apart + at);
    store<f32>(to + at, call.starts ? sum : load<f32>(to + at) + sum);
  }
}
