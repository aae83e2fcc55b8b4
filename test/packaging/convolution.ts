/**
 * The convolution that every packaged program does, and what must come out, from plain loops in float64 over the
 * definition of the dense STS convolution: row-major line, column-major line, time.
 */

const [frames, height, width] = [3, 2, 3];
const taps = 3;
const channelsOut = 4;

/** Small whole numbers, so that every sum is exact in float32. */
const numbers = (count: number, step: number) => Array.from({length: count}, (_, i) => ((i * step) % 11) - 5);

export const question = {
  xShape: [1, frames, height, width, 1],
  x: numbers(frames * height * width, 7),
  filterShape: [taps, 1, 1, 1, channelsOut],
  filter: numbers(taps * channelsOut, 3),
};

/** Value that tap `k` of output channel `o` reads for the output at (t, h, w); 0 beyond either end. */
function reads(o: number, k: number, t: number, h: number, w: number): number {
  const shift = k - (taps - 1) / 2;
  const at = (frame: number, row: number, column: number) =>
    question.x[(frame * height + row) * width + column] ?? 0;
  const line = height * width;
  if (o === 0) {
    const position = h * width + w + shift;
    return position < 0 || position >= line ? 0 : at(t, Math.floor(position / width), position % width);
  }
  if (o === 1) {
    const position = w * height + h + shift;
    return position < 0 || position >= line ? 0 : at(t, position % height, Math.floor(position / height));
  }
  return t + shift < 0 || t + shift >= frames ? 0 : at(t + shift, h, w);
}

function expected() {
  const values: number[] = [];
  const gradient = new Array<number>(taps * channelsOut).fill(0);
  for (let t = 0; t < frames; t++) {
    for (let h = 0; h < height; h++) {
      for (let w = 0; w < width; w++) {
        for (let o = 0; o < channelsOut; o++) {
          let sum = 0;
          for (let k = 0; k < taps; k++) {
            const value = reads(o, k, t, h, w);
            sum += value * question.filter[k * channelsOut + o]!;
            gradient[k * channelsOut + o]! += value;
          }
          values.push(sum);
        }
      }
    }
  }
  return {shape: [1, frames, height, width, channelsOut], values, gradient};
}

export const answer = expected();
