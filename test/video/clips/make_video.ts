/**
 * Makes small videos for tests with the system's ffmpeg, in a folder of its own. `formulaByte` gives the pixels that
 * the lossless ones hold, worked out here and by ffmpeg's own expression evaluator.
 */
import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export interface Workshop {
  readonly folder: string;
  /** Path in the folder. */
  at(name: string): string;
  /** Runs ffmpeg; the last argument is the file to write, by name in the folder. */
  make(name: string, ...args: string[]): string;
  /** A lossless video of `frames` frames with the pixels of `formulaByte`. */
  formula(name: string, width: number, height: number, frames: number, ...extra: string[]): string;
  /** A program of the shell, as a path. */
  script(name: string, commands: string): string;
  /** Text of a file in the folder. */
  read(name: string): string;
  /** A video that says 60 frames of 160 x 120 and holds about 60% of their bytes. */
  cutOff(): string;
  remove(): void;
}

export function workshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-video-'));
  const at = (name: string) => join(folder, name);
  const make = (name: string, ...args: string[]) => {
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-nostdin', ...args, `file:${at(name)}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return at(name);
  };
  const formula = (name: string, width: number, height: number, frames: number, ...extra: string[]) => {
    const pixels = "geq=r='mod(3*X+7*N,256)':g='mod(5*Y+11*N,256)':b='mod(X*Y+13*N,256)'";
    const source = `nullsrc=s=${width}x${height}:r=10:d=${frames / 10},format=gbrp,${pixels}`;
    return make(name, '-f', 'lavfi', '-i', source, ...extra, '-c:v', 'ffv1', '-pix_fmt', 'gbrp');
  };
  const script = (name: string, commands: string) => {
    writeFileSync(at(name), `#!/bin/sh\n${commands}\n`, {mode: 0o755});
    return at(name);
  };
  const read = (name: string) => readFileSync(at(name), 'utf8');
  const cutOff = () => {
    const pattern = ['-f', 'lavfi', '-i', 'testsrc=s=160x120:r=20:d=3'];
    const whole = make('whole.mp4', ...pattern, '-movflags', '+faststart', '-g', '5');
    const cut = at('cut.mp4');
    copyFileSync(whole, cut);
    truncateSync(cut, Math.floor(readFileSync(whole).length * 0.6));
    return cut;
  };
  const remove = () => rmSync(folder, {recursive: true, force: true});
  return {folder, at, make, formula, script, read, cutOff, remove};
}

/** Seconds at which the frames of a video are shown, in the file's own count, as ffprobe gives them. */
export function presentationTimes(path: string): number[] {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=best_effort_timestamp_time'];
  return execFileSync('ffprobe', [...args, '-of', 'csv=p=0', path])
    .toString()
    .match(/^[-\d.]+/gm)!
    .map(Number);
}

export function formulaByte(x: number, y: number, frame: number, channel: number): number {
  if (channel === 0) return (3 * x + 7 * frame) % 256;
  if (channel === 1) return (5 * y + 11 * frame) % 256;
  return (x * y + 13 * frame) % 256;
}

/** All bytes of one frame of a formula video. */
export function formulaFrame(width: number, height: number, frame: number): Uint8Array {
  const bytes = new Uint8Array(width * height * 3);
  for (let i = 0; i < bytes.length; i++) {
    const pixel = Math.floor(i / 3);
    bytes[i] = formulaByte(pixel % width, Math.floor(pixel / width), frame, i % 3);
  }
  return bytes;
}

export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of iterable) all.push(item);
  return all;
}
