/**
 * Pictures as arrays of numbers and what is done with them: made smaller by means over areas, read between pixels, laid over one
 * another. Sums and products of doubles alone, which give the same bytes on every machine; no sine, no root.
 */

/**
 * A picture made smaller: each new pixel is the mean over the area that it covers.
 *
 * @param picture `{width, height, channels, data}`, data `[height, width, channels]`
 */
export function reduce({width, height, channels, data}, newWidth, newHeight) {
  const rows = weightsOf(height, newHeight);
  const columns = weightsOf(width, newWidth);
  const result = new Float64Array(newWidth * newHeight * channels);
  for (let y = 0; y < newHeight; y++)
    for (let x = 0; x < newWidth; x++)
      for (const [row, high] of rows[y])
        for (const [column, wide] of columns[x])
          for (let c = 0; c < channels; c++)
            result[(y * newWidth + x) * channels + c] +=
              high * wide * data[(row * width + column) * channels + c];
  return {width: newWidth, height: newHeight, channels, data: result};
}

/** For each new place the old ones under it, with their shares. */
function weightsOf(size, newSize) {
  const scale = size / newSize;
  return Array.from({length: newSize}, (_, place) => {
    const [begin, end] = [place * scale, (place + 1) * scale];
    const shares = [];
    for (let at = Math.floor(begin); at < Math.min(size, Math.ceil(end)); at++)
      shares.push([at, (Math.min(end, at + 1) - Math.max(begin, at)) / scale]);
    return shares;
  });
}

/** RGBA bytes of 0..255 as colours times opacity, and opacity of 0..1, so that means over areas are right at edges. */
export function premultiplied({width, height, data}) {
  const result = new Float64Array(width * height * 4);
  for (let at = 0; at < result.length; at += 4) {
    const opacity = data[at + 3] / 255;
    for (let c = 0; c < 3; c++) result[at + c] = data[at + c] * opacity;
    result[at + 3] = opacity;
  }
  return {width, height, channels: 4, data: result};
}

/**
 * Writes a window of `side` x `side` pixels of a picture, whose upper left corner is at `[x, y]` between its pixels, to `target`
 * `[side, side, channels]`. The window with one pixel more to the right and below lies inside the picture.
 */
export function cutOut({width, channels, data}, x, y, side, target) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - left, y - top];
  const shares = [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right];
  const line = width * channels;
  const length = side * channels;
  for (let row = 0; row < side; row++) {
    const from = (top + row) * line + left * channels;
    for (let at = 0; at < length; at++) {
      const place = from + at;
      target[row * length + at] =
        shares[0] * data[place] +
        shares[1] * data[place + channels] +
        shares[2] * data[place + line] +
        shares[3] * data[place + line + channels];
    }
  }
}

/** A picture with a frame of zeros of one pixel before and two after, so that what lies just outside can be read. */
export function framed({width, height, channels, data}) {
  const wide = width + 3;
  const result = new Float64Array(wide * (height + 3) * channels);
  for (let row = 0; row < height; row++) {
    const line = data.subarray(row * width * channels, (row + 1) * width * channels);
    result.set(line, ((row + 1) * wide + 1) * channels);
  }
  return {width: wide, height: height + 3, channels, data: result};
}

/**
 * Lays a premultiplied picture over `[side, side, 3]`, its upper left corner at `[x, y]` between pixels.
 *
 * @param sprite square, `framed`
 * @param strength opacity of the whole, 0..1
 */
export function layOver(target, side, sprite, x, y, strength) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const size = sprite.width - 2;
  const moved = new Float64Array(size * size * 4);
  // Pixel [left, top] of the target sees the sprite from (x - left) before its corner; the frame begins one pixel before that.
  cutOut(sprite, 1 - (x - left), 1 - (y - top), size, moved);
  for (let row = Math.max(0, -top); row < Math.min(size, side - top); row++)
    for (let column = Math.max(0, -left); column < Math.min(size, side - left); column++) {
      const from = (row * size + column) * 4;
      const at = ((top + row) * side + left + column) * 3;
      const rest = 1 - moved[from + 3] * strength;
      for (let c = 0; c < 3; c++) target[at + c] = target[at + c] * rest + moved[from + c] * strength;
    }
}
