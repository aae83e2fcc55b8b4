import type {ThingSettings} from './task/things.mjs';

export const SETTINGS: {
  clip: {frames: number; height: number; width: number};
  task: {
    speeds: Record<'pan' | 'tilt' | 'zoom' | 'roll', [number, number]>;
    still: {drift: number; shake: number};
    handheld: {shift: [number, number]};
    things: ThingSettings;
    drawings: number;
    grouped: {drawings: number; standing: number; kinds: ThingSettings['kinds']};
  };
};
