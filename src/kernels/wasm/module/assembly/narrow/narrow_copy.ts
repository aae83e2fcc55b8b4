/**
 * Between rows of channels, as tensors hold them, and planes of one channel (narrow.ts): matrices of four positions times
 * four channels are transposed in registers.
 */
import {copyFloats} from '../arithmetic';

/** Copies `channels` channels of `count` positions, `step` bytes apart, into planes that lie `apart`. */
export function rowsToPlanes(
  rows: usize,
  step: i32,
  planes: usize,
  apart: i32,
  count: i32,
  channels: i32,
): void {
  if (channels === 1 && step === 4) {
    copyFloats(planes, rows, count);
    return;
  }
  let channel = 0;
  for (; channel + 4 <= channels; channel += 4) {
    fourToPlanes(rows + (channel << 2), step, planes + channel * apart, apart, count);
  }
  if (channel === channels) return;
  if (channels > 4) {
    // The last four reach back over those before.
    channel = channels - 4;
    fourToPlanes(rows + (channel << 2), step, planes + channel * apart, apart, count);
    return;
  }
  for (; channel < channels; channel++, planes += apart, rows += 4) {
    let from = rows;
    const end = planes + (count << 2);
    for (let to = planes; to < end; to += 4, from += step) store<f32>(to, load<f32>(from));
  }
}

/** Copies planes that lie `apart` to `channels` channels of `count` positions, `step` bytes apart. */
export function planesToRows(
  planes: usize,
  apart: i32,
  rows: usize,
  step: i32,
  count: i32,
  channels: i32,
): void {
  if (channels === 1 && step === 4) {
    copyFloats(rows, planes, count);
    return;
  }
  let channel = 0;
  for (; channel + 4 <= channels; channel += 4) {
    fourToRows(planes + channel * apart, apart, rows + (channel << 2), step, count);
  }
  if (channel === channels) return;
  if (channels > 4) {
    channel = channels - 4;
    fourToRows(planes + channel * apart, apart, rows + (channel << 2), step, count);
    return;
  }
  for (; channel < channels; channel++, planes += apart, rows += 4) {
    let to = rows;
    const end = planes + (count << 2);
    for (let from = planes; from < end; from += 4, to += step) store<f32>(to, load<f32>(from));
  }
}

/** Four channels. Planes have room for up to three positions more, which mean nothing. */
export function fourToPlanes(rows: usize, step: i32, plane: usize, apart: i32, count: i32): void {
  const plane1 = plane + apart;
  const plane2 = plane1 + apart;
  const plane3 = plane2 + apart;
  let at: usize = 0;
  for (; count >= 4; count -= 4, at += 16) {
    const a = v128.load(rows);
    rows += step;
    const b = v128.load(rows);
    rows += step;
    const c = v128.load(rows);
    rows += step;
    const d = v128.load(rows);
    rows += step;
    const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
    v128.store(plane + at, i64x2.shuffle(ab, cd, 0, 2));
    v128.store(plane1 + at, i64x2.shuffle(ab, cd, 1, 3));
    const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(plane2 + at, i64x2.shuffle(ab2, cd2, 0, 2));
    v128.store(plane3 + at, i64x2.shuffle(ab2, cd2, 1, 3));
  }
  for (; count > 0; count--, rows += step, at += 4) {
    const a = v128.load(rows);
    v128.store32_lane(plane + at, a, 0);
    v128.store32_lane(plane1 + at, a, 1);
    v128.store32_lane(plane2 + at, a, 2);
    v128.store32_lane(plane3 + at, a, 3);
  }
}

/** Four channels. */
export function fourToRows(plane: usize, apart: i32, rows: usize, step: i32, count: i32): void {
  const plane1 = plane + apart;
  const plane2 = plane1 + apart;
  const plane3 = plane2 + apart;
  for (let at: usize = 0; count > 0; count -= 4, at += 16) {
    const a = v128.load(plane + at);
    const b = v128.load(plane1 + at);
    const c = v128.load(plane2 + at);
    const d = v128.load(plane3 + at);
    const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
    v128.store(rows, i64x2.shuffle(ab, cd, 0, 2));
    rows += step;
    if (count > 1) {
      v128.store(rows, i64x2.shuffle(ab, cd, 1, 3));
      rows += step;
    }
    if (count <= 2) return;
    const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(rows, i64x2.shuffle(ab2, cd2, 0, 2));
    rows += step;
    if (count > 3) v128.store(rows, i64x2.shuffle(ab2, cd2, 1, 3));
    rows += step;
  }
}
