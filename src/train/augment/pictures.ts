/**
 * What augmentation works on, and operations that look at a pixel or a channel's histogram alone: packed 8-bit red, green, blue. Their
 * arithmetic is that of Pillow, byte for byte. Every operation gives a fresh picture.
 */
import type {Picture} from '../../video/clips';

/** The frames of a clip, one after the other: `[frames, height, width, 3]` bytes. A picture is a clip of one frame. */
export interface ByteClip {
  readonly data: Uint8Array;
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/**
 * A clip with each frame put through the same operation.
 *
 * @param change of frames of one size it must make frames of one size
 */
export function eachFrame(clip: ByteClip, change: (frame: Picture) => Picture): ByteClip {
  const {frames, height, width} = clip;
  const length = height * width * 3;
  const frame = (i: number) =>
    change({data: clip.data.subarray(i * length, (i + 1) * length), height, width});
  const first = frame(0);
  if (frames === 1) return {...first, frames};
  const data = new Uint8Array(frames * first.data.length);
  data.set(first.data);
  for (let i = 1; i < frames; i++) data.set(frame(i).data, i * first.data.length);
  return {data, frames, height: first.height, width: first.width};
}

const BYTES = Array.from({length: 256}, (_, value) => value);

/** The bytes that a rule makes of the 256 byte values. */
function tableOf(rule: (value: number) => number): Uint8ClampedArray {
  // Fractions are cut off, then the array clamps.
  return Uint8ClampedArray.from(BYTES, (value) => Math.floor(rule(value)));
}

function lookUp({data, width, height}: Picture, tables: readonly Uint8ClampedArray[]): Picture {
  const [red, green, blue] = [tables[0]!, tables[1] ?? tables[0]!, tables[2] ?? tables[0]!];
  const result = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    result[i] = red[data[i]!]!;
    result[i + 1] = green[data[i + 1]!]!;
    result[i + 2] = blue[data[i + 2]!]!;
  }
  return {data: result, width, height};
}

/** How often each byte occurs in each channel. */
function histograms({data}: Picture): Uint32Array[] {
  const counts = [0, 1, 2].map(() => new Uint32Array(256));
  for (let i = 0; i < data.length; i++) counts[i % 3]![data[i]!]!++;
  return counts;
}

export function invert(picture: Picture): Picture {
  return lookUp(picture, [tableOf((value) => 255 - value)]);
}

/** Inverts values from `threshold` on. */
export function solarize(picture: Picture, threshold: number): Picture {
  return lookUp(picture, [tableOf((value) => (value < threshold ? value : 255 - value))]);
}

/** Adds to values under 128. */
export function solarizeAdd(picture: Picture, added: number): Picture {
  return lookUp(picture, [tableOf((value) => (value < 128 ? value + added : value))]);
}

/** Keeps the upper bits of each value: 0 of them leave black, which today's Pillow refuses and older ones did. */
export function posterize(picture: Picture, bits: number): Picture {
  const mask = 256 - 2 ** (8 - bits);
  return lookUp(picture, [tableOf((value) => value & mask)]);
}

/** The highest value that occurs. */
function highest(counts: Uint32Array): number {
  return counts.reduce((last, count, value) => (count > 0 ? value : last), 0);
}

/** Stretches each channel to the whole range. */
export function autocontrast(picture: Picture): Picture {
  const tables = histograms(picture).map((counts) => {
    const low = counts.findIndex((count) => count > 0);
    const high = highest(counts);
    if (high <= low) return tableOf((value) => value);
    const scale = 255 / (high - low);
    return tableOf((value) => value * scale + -low * scale);
  });
  return lookUp(picture, tables);
}

/** Spreads the values of each channel so that its histogram becomes as even as may be. */
export function equalize(picture: Picture): Picture {
  const tables = histograms(picture).map((counts) => {
    const top = highest(counts);
    const others = counts.reduce((sum, count) => sum + count, 0) - counts[top]!;
    const step = Math.floor(others / 255);
    if (step === 0) return tableOf((value) => value);
    let reached = Math.floor(step / 2);
    return tableOf((value) => {
      const level = reached / step;
      reached += counts[value]!;
      return level;
    });
  });
  return lookUp(picture, tables);
}

/** Left and right exchanged. */
export function flip({data, width, height}: Picture): Picture {
  const result = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = (y * width + width - 1 - x) * 3;
      result[to] = data[from]!;
      result[to + 1] = data[from + 1]!;
      result[to + 2] = data[from + 2]!;
    }
  }
  return {data: result, width, height};
}
