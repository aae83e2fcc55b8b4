/** Types of protocol.mjs, and of what runs leave behind, for the tests. */
export interface TaskSettings {
  things: number;
  pictureClasses: number;
  frames: number;
  side: number;
  testClips: number;
  [setting: string]: unknown;
}

export interface Protocol {
  name: string;
  checkpoints: number;
  seeds: number;
  scratch: number;
  forms: Record<string, {family: string; network: string; config: object}>;
  task: TaskSettings;
  image: {samples: number; recipe: object};
  video: {samples: number; recipe: object};
  firstSeeds: {image: number; video: number};
}

/** A line of the table of runs; of an image stage without arm and shares. */
export interface RunLine {
  id: string;
  kind: 'image' | 'video';
  form: string;
  checkpoint: number;
  protocol: string;
  arm?: string;
  seed?: number;
  joint?: number;
  motion?: number;
  thing?: number;
}

export const PROTOCOL: Protocol;
export const DIGESTS: {protocol: string; test: string; pictures: string};
export function protocolDigest(protocol: Protocol): string;
