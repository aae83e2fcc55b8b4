/**
 * What convolutions come to for the shapes that ops were last called with. Kernels keep their plans by it, so that an op that is called
 * again with the same shapes, as in a model that predicts or trains, does not plan anew.
 */
import type {ConvInfo} from '../geometry/conv_info';
import {type ConvSettings, convInfo} from '../geometry/conv_settings';

const kept = new Map<string, ConvInfo>();

/** More are not kept: a program that computes at ever new sizes plans anew. */
const MOST_KEPT = 512;

/** As `convInfo`; the same object for the same settings and shapes. */
export function keptInfo(
  settings: ConvSettings,
  xShape: readonly number[],
  filterShape: readonly number[],
): ConvInfo {
  const key = JSON.stringify([settings, xShape, filterShape]);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const info = convInfo(settings, xShape, filterShape);
  if (kept.size === MOST_KEPT) kept.clear();
  kept.set(key, info);
  return info;
}
