/**
 * What convolutions come to for the shapes that ops were last called with. Kernels keep their plans by it, so that an op that is called
 * again with the same shapes, as in a model that predicts or trains, does not plan anew.
 */
import type {ConvInfo} from '../geometry/conv_info';
import {type ConvSettings, convInfo} from '../geometry/conv_settings';
import {Kept} from '../util/kept';

const kept = new Kept<ConvInfo>(512);

/** As `convInfo`; the same object for the same settings and shapes. */
export function keptInfo(
  settings: ConvSettings,
  xShape: readonly number[],
  filterShape: readonly number[],
): ConvInfo {
  const key = JSON.stringify([settings, xShape, filterShape]);
  return kept.get(key, () => convInfo(settings, xShape, filterShape));
}
