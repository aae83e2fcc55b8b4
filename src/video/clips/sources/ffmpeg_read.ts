/**
 * One reading of a file by one ffmpeg: what it is asked to do, and its pixels and timestamps, which come through two pipes,
 * put together again. Which readings a list of frames needs is decided in ffmpeg.ts.
 */
import type {Picture} from '../frames';
import type {VideoFile} from './ffmpeg_probe';
import type {RunningTool} from './ffmpeg_process';
import type {FrameTable, Jumps} from './frame_table';
import {selection} from './selection';

/** Frames to be read in one go; none: all of them. */
export interface Reading {
  readonly indices?: readonly number[];
  /** Where to begin; absent: at the first frame, and frames are told by counting them. */
  readonly from?: Jump;
}

export interface Jump {
  /** Number of a frame from which on everything can be decoded. */
  readonly key: number;
  /** Tells frames by their timestamps, since ffmpeg may land earlier. */
  readonly table: FrameTable & {readonly jumps: Jumps};
}

/** What ffmpeg is to make of each frame. */
export interface ScaledPicture {
  readonly width: number;
  readonly height: number;
  /** By ffmpeg's own default, as its option -s does, or with every chroma sample told from its neighbours. */
  readonly isPlain: boolean;
}

/** A frame as it came out of ffmpeg. */
export interface Decoded {
  /** One for each picture asked for. */
  readonly pictures: readonly Picture[];
  readonly index: number;
  /** Seconds from the start of the video; undefined when ffmpeg did not say. */
  readonly seconds: number | undefined;
  /** Whether it bears the timestamp that it should; true where it was counted. */
  readonly isExpected: boolean;
}

interface Stamp {
  readonly ticks: number;
  readonly seconds: number;
}

/** Timestamps as ffmpeg reports them, waited for frame by frame: they come on another pipe than the pixels. */
export class Timestamps {
  /** Of frames that have not been asked for. */
  private readonly stamps: Stamp[] = [];
  private ended = false;
  private wake: () => void = () => {};

  readLine(line: string): void {
    const found = /^\[Parsed_showinfo_\d+ @ [^\]]*\] \[info\] n: *\d+ +pts: *(\S+) +pts_time: *(\S+)/.exec(
      line,
    );
    if (found === null) return;
    this.stamps.push({ticks: Number(found[1]), seconds: Number.parseFloat(found[2]!)});
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  /** Of the next frame of this reading; undefined when ffmpeg did not say. */
  async next(): Promise<Stamp | undefined> {
    while (this.stamps.length === 0 && !this.ended) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.stamps.shift();
  }
}

/** What ffmpeg lets through, and which frames these are; undefined for all. */
export function selectionOf({indices, from}: Reading) {
  if (indices === undefined) return undefined;
  return from === undefined
    ? selection(indices, 'n')
    : selection(indices, 'pts', (index) => from.table.jumps.ticks[index]!);
}

/**
 * Arguments for a reading.
 *
 * After a jump ffmpeg keeps the clock of the file (`-copyts`) and starts at whatever frame it landed on: those before the
 * ones asked for are left out by their timestamps, as all others are.
 */
export function readArguments(
  {input}: VideoFile,
  pictures: readonly ScaledPicture[],
  {from}: Reading,
  selected: ReturnType<typeof selectionOf>,
): string[] {
  const filters = [
    ...(selected === undefined ? [] : [`select='${selected.expression}'`]),
    'showinfo=checksum=0',
    // One frame out for each frame in, whatever the rate of the video: the numbering leaves nothing to drop or repeat,
    // and needs none of the options for that which changed from version to version.
    'settb=1/25',
    'setpts=N',
    // Or else a stream without timestamps keeps its own rate beside the numbering, and frames are repeated.
    'fps=25:eof_action=pass',
    scaling(pictures),
  ];
  const start = from === undefined ? [] : ['-copyts', '-noaccurate_seek', '-ss', landing(from).toFixed(6)];
  const count = selected === undefined ? [] : ['-frames:v', String(selected.delivered.length)];
  return [
    ...['-nostdin', '-nostats', '-hide_banner', '-loglevel', 'level+info'],
    // A change of size must not build the filters anew, which would count from 0 again: `scale` follows it by itself.
    ...['-reinit_filter', '0', ...start, ...input],
    ...['-map', '0:V:0', '-an', '-sn', '-dn', '-vf', filters.join(','), '-r', '25', ...count],
    ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
  ];
}

/** Several pictures travel as one, below each other: so they come through one pipe and cannot wait for each other. */
function scaling(pictures: readonly ScaledPicture[]): string {
  const scaled = pictures.map(({width, height, isPlain}) => {
    const flags = isPlain ? 'bicubic' : 'bicubic+accurate_rnd+full_chroma_int';
    return `scale=${width}:${height}:flags=${flags},format=rgb24`;
  });
  if (scaled.length === 1) return scaled[0]!;
  const names = scaled.map((_, i) => `[p${i}]`).join('');
  const padded = scaled.map(
    (filter, i) => `[p${i}]${filter},pad=${widest(pictures)}:${pictures[i]!.height}:0:0[p${i}]`,
  );
  return [`split=${scaled.length}${names}`, ...padded, `${names}vstack=${scaled.length}`].join(';');
}

function widest(pictures: readonly ScaledPicture[]): number {
  return Math.max(...pictures.map(({width}) => width));
}

/** The pictures that lie below each other in one. */
function unstack(data: Uint8Array, pictures: readonly ScaledPicture[]): Decoded['pictures'] {
  const stride = widest(pictures) * 3;
  let top = 0;
  return pictures.map(({width, height}) => {
    const rows = data.subarray(top, top + stride * height);
    top += rows.length;
    // Whoever receives a picture owns its bytes, and keeping one must not keep the others.
    if (pictures.length === 1) return {data, width, height};
    const own = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++)
      own.set(rows.subarray(y * stride, y * stride + width * 3), y * width * 3);
    return {data: own, width, height};
  });
}

/** Between the frame to land at and the next one, so that no rounding makes it the frame before. */
function landing({key, table: {seconds}}: Jump): number {
  const [at, next = at] = seconds.slice(key, key + 2);
  return (at! + next!) / 2;
}

/** The frames of a reading as they come, frames asked for and others. */
export async function* receive(
  tool: RunningTool,
  timestamps: Timestamps,
  wanted: readonly ScaledPicture[],
  {from}: Reading,
  delivered: readonly number[] | undefined,
): AsyncGenerator<Decoded, void, void> {
  let place = 0;
  const height = wanted.reduce((sum, picture) => sum + picture.height, 0);
  for await (const data of pieces(tool.stdout, widest(wanted) * height * 3)) {
    const pictures = unstack(data, wanted);
    const index = delivered === undefined ? place : delivered[place]!;
    const stamp = await timestamps.next();
    place++;
    if (from === undefined) {
      const seconds = Number.isFinite(stamp?.seconds) ? stamp?.seconds : undefined;
      yield {pictures, index, seconds, isExpected: true};
    } else {
      const {seconds, jumps} = from.table;
      yield {pictures, index, seconds: seconds[index], isExpected: stamp?.ticks === jumps.ticks[index]};
    }
  }
}

/** Cuts a stream of bytes into pieces of equal length; the pieces are fresh arrays. */
async function* pieces(
  stream: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array, void, void> {
  let piece = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of stream) {
    for (let from = 0; from < chunk.length; ) {
      const count = Math.min(length - filled, chunk.length - from);
      piece.set(chunk.subarray(from, from + count), filled);
      filled += count;
      from += count;
      if (filled < length) continue;
      yield piece;
      piece = new Uint8Array(length);
      filled = 0;
    }
  }
}
