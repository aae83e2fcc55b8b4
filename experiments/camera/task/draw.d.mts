import type {CameraState} from './movements.mjs';

export type Reader = (x: number, y: number, target: Float64Array) => void;
export interface Level {
  width: number;
  height: number;
  data: Float32Array;
}
export interface Thing {
  read: Reader;
  isBox: boolean;
  radii: readonly [number, number];
  at: readonly [number, number];
  isInScene: boolean;
  angle?: number;
  lobes?: {count: number; size: number; phase: number};
  grain?: readonly [number, number];
}
export interface View {
  aspect: number;
  keystone: readonly [number, number];
}
export function sceneReader(
  scene: {width: number; levels: readonly Level[]},
  how: {scale: number; origin: readonly [number, number]; isMirrored: boolean; isTurned: boolean},
  pixels: number,
): Reader;
export function smoothed(read: Reader, share: number, colour: readonly number[]): Reader;
export function drawFrame(
  read: Reader,
  camera: CameraState,
  things: readonly Thing[],
  view: View,
  size: {height: number; width: number},
  waves?: {size: number; length: number; phase: number; patch: number},
): Float64Array;
export function heldBack(
  frames: readonly Uint8Array[],
  size: {height: number; width: number},
  codec: {side: number; threshold: number},
): void;
export function frameTimes(frames: number, span: number, rate: number): number[];
export function changedClip(
  clip: {data: Uint8Array; frames: number; height: number; width: number},
  change: import('./movements.mjs').Change,
): {data: Uint8Array; frames: number; height: number; width: number};
