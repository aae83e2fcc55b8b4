/**
 * Tensors that are made while a file is written come in pieces, so that converting a file takes little memory beside it.
 * The values are compared with a plain loop over indices, the bytes with those of the whole tensor.
 */
import {describe, expect, it} from 'vitest';
import {CheckpointEntry, entryOf, safetensors, storedAs} from '../../../src/models/checkpoints';
import {Checkpoint} from '../../../src/models/checkpoints/checkpoint';
import {passingParts} from '../../../src/models/checkpoints/formats/safetensors/safetensors';

/** A kernel of PyTorch, `[out, in, time, height, width]`; 1.2 MB, and no length divides that of a piece. */
const SHAPE = [97, 113, 3, 3, 3] as const;
const PIECE_BYTES = 1 << 17;

const values = Float32Array.from(
  {length: SHAPE.reduce((product: number, n) => product * n, 1)},
  (_, i) => Math.sin(i) * (1 + (i % 97)),
);
const kernel = entryOf(values, SHAPE).transpose([2, 3, 4, 1, 0]);

/** Copies of the pieces, and how many arrays they lay in. */
function copied(pieces: Iterable<Uint8Array>) {
  const buffers = new Set<ArrayBufferLike>();
  const copies = [
    ...(function* () {
      for (const piece of pieces) {
        buffers.add(piece.buffer);
        yield piece.slice();
      }
    })(),
  ];
  return {buffers: buffers.size, copies, bytes: Buffer.concat(copies)};
}

describe('a tensor in pieces', () => {
  it('has its axes in the new order', () => {
    const {bytes, buffers, copies} = copied(kernel.pieces());
    expect(Math.max(...copies.map(({length}) => length))).toBe(PIECE_BYTES);
    expect(buffers).toBe(1);
    const [outs, ins, times, heights, widths] = SHAPE;
    const expected: number[] = [];
    for (let t = 0; t < times; t++)
      for (let y = 0; y < heights; y++)
        for (let x = 0; x < widths; x++)
          for (let i = 0; i < ins; i++)
            for (let o = 0; o < outs; o++)
              expected.push(values[(((o * ins + i) * times + t) * heights + y) * widths + x]!);
    expect(Buffer.from(Float32Array.from(expected).buffer).equals(bytes)).toBe(true);
    expect(Buffer.from(kernel.toFloat32().buffer).equals(bytes)).toBe(true);
  });

  it.each(['float16', 'uint8'] as const)('is stored as %s as the whole is', (type) => {
    for (const [, entry] of storedAs(new Checkpoint([['conv/kernel', kernel]]), type)) {
      const {bytes, buffers} = copied(entry.pieces());
      expect(buffers).toBe(1);
      expect(bytes.equals(entry.bytes())).toBe(true);
    }
  });

  it('keeps its pieces under another shape', () => {
    const {bytes, copies} = copied(kernel.reshape([27, 113 * 97]).pieces());
    expect(copies.length).toBe(Math.ceil(bytes.length / PIECE_BYTES));
    expect(bytes.equals(kernel.bytes())).toBe(true);
  });

  it('is one piece where it lies ready, and none where it is empty', () => {
    expect([...entryOf(values, SHAPE).pieces()].map(({length}) => length)).toEqual([values.byteLength]);
    expect([...entryOf(new Float32Array(0), [0, 3]).transpose([1, 0]).pieces()]).toEqual([]);
  });

  it('is refused where the source has another number of bytes', () => {
    const short = new CheckpointEntry('F32', [2, 3], () => new Uint8Array(20)).transpose([1, 0]);
    expect(() => [...short.pieces()]).toThrow(/gave 20 bytes/);
  });
});

it('a file of passing parts is the file', () => {
  const entries = [
    ...storedAs(new Checkpoint([['conv/kernel', kernel]]), 'uint8'),
    ['plain', kernel] as const,
  ];
  const whole = Buffer.concat([...safetensors.parts(entries, {network: 'none'})]);
  expect(copied(passingParts(entries, {network: 'none'})).bytes.equals(whole)).toBe(true);
  expect(whole.equals(safetensors.write(entries, {network: 'none'}))).toBe(true);
});
