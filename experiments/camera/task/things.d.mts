import type {Reader, Thing, View} from './draw.mjs';
import type {CameraState} from './movements.mjs';

export interface ThingSettings {
  kinds: readonly {
    share: number;
    count: [number, number];
    size: [number, number];
    speed: [number, number];
    isFigure?: boolean;
    group?: {inPlace: number; growing: number; growth: [number, number]; apart: number};
  }[];
  resting: number;
  mostCovered: number;
}
export function thingsOf(
  settings: ThingSettings,
  clip: {times: readonly number[]; span: number; path: readonly CameraState[]; view: View},
  nextRead: () => Reader,
  random: {uniform(): number},
): Thing[][];
