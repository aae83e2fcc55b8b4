export interface CameraState {
  pan: number;
  tilt: number;
  zoom: number;
  roll: number;
}
export interface Change {
  isMirrored: boolean;
  isUpsideDown: boolean;
  isBackwards: boolean;
}
export const movementNames: readonly string[];
export function changedMovement(movement: string, change: Change): string;
export function cameraPath(
  movement: string,
  clip: {times: readonly number[]; span: number; aspect: number},
  settings: object,
  random: {uniform(): number},
): CameraState[];
