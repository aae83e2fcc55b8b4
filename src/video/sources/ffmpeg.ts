/**
 * Frames of a video file through the system's ffmpeg: decoded, turned upright and scaled there, handed over as packed
 * rgb bytes through a pipe. Node only. What ffprobe says of the file is read in ffmpeg_probe.ts, processes are kept
 * in ffmpeg_process.ts.
 */
import {FormatError, InvalidArgumentError} from '../../util/errors';
import type {FrameSource, VideoFrame, VideoInfo} from '../frame_source';
import {scaledSize} from '../transforms';
import {countFrames, openFile, type ProbedVideo, probeVideo, type VideoFile} from './ffmpeg_probe';
import {type RunningTool, startTool} from './ffmpeg_process';

export interface FfmpegSourceOptions {
  /** Length in pixels to which ffmpeg scales the shorter side, the aspect kept. Absent: the video's own size. */
  readonly size?: number;
  /** Stops every reading when aborted; the reading then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Name or path of the programs. Default `ffmpeg` and `ffprobe`. */
  readonly ffmpeg?: string;
  readonly ffprobe?: string;
}

/** ffmpeg's expressions hold 100 terms at most (measured with 5.1: 101 are refused). */
const LONGEST_SELECTION = 64;

/** Timestamps as ffmpeg reports them, waited for frame by frame: they come on another pipe than the pixels. */
class Timestamps {
  private readonly seconds: number[] = [];
  private ended = false;
  private wake: () => void = () => {};

  readLine(line: string): void {
    const found = /^\[Parsed_showinfo_\d+ @ [^\]]*\] \[info\] n: *\d+ +pts: *\S+ +pts_time: *(\S+)/.exec(
      line,
    );
    if (found === null) return;
    this.seconds.push(Number.parseFloat(found[1]!));
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  /** Seconds of the given frame of this reading; undefined when ffmpeg did not say. */
  async at(place: number): Promise<number | undefined> {
    while (this.seconds.length <= place && !this.ended) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const seconds = this.seconds[place];
    return seconds !== undefined && Number.isFinite(seconds) ? seconds : undefined;
  }
}

/** The filter that lets through only the frames asked for, before they are scaled; a few too many for long lists. */
function selection(indices: readonly number[] | undefined): string[] {
  if (indices === undefined) return [];
  const expression =
    indices.length <= LONGEST_SELECTION
      ? indices.map((index) => `eq(n,${index})`).join('+')
      : `between(n,${indices[0]},${indices.at(-1)})`;
  return [`select='${expression}'`];
}

/** Number of the frame that comes out of ffmpeg at a place; with no list all come, from 0 on. */
function deliveredIndex(indices: readonly number[] | undefined, place: number): number {
  if (indices === undefined) return place;
  return indices.length <= LONGEST_SELECTION ? indices[place]! : indices[0]! + place;
}

/** How many frames come out of ffmpeg for a list of frames. */
function deliveredCount(indices: readonly number[]): number {
  return indices.length <= LONGEST_SELECTION ? indices.length : indices.at(-1)! - indices[0]! + 1;
}

function readArguments(
  file: VideoFile,
  {width, height}: VideoInfo,
  indices: readonly number[] | undefined,
): string[] {
  const filters = [
    ...selection(indices),
    `scale=${width}:${height}:flags=bicubic+accurate_rnd+full_chroma_int`,
    'format=rgb24',
    'showinfo=checksum=0',
    // One frame out for each frame in, whatever the rate of the video: the numbering leaves nothing to drop or repeat,
    // and needs none of the options for that which changed from version to version.
    'settb=1/25',
    'setpts=N',
  ];
  const count = indices === undefined ? [] : ['-frames:v', String(deliveredCount(indices))];
  return [
    ...['-nostdin', '-nostats', '-hide_banner', '-loglevel', 'level+info', ...file.input],
    ...['-map', '0:V:0', '-an', '-sn', '-dn', '-vf', filters.join(','), '-r', '25', ...count],
    ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
  ];
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

function checkIndices(indices: readonly number[]): void {
  const bad = indices.findIndex(
    (index, i) => !Number.isInteger(index) || index < 0 || (i > 0 && index <= indices[i - 1]!),
  );
  if (bad >= 0) {
    throw new InvalidArgumentError(
      `ffmpegSource: frame numbers must be whole, from 0 on and rising, got ${indices[bad]} at place ${bad}`,
    );
  }
}

class FfmpegSource implements FrameSource {
  private readonly running = new Set<RunningTool>();
  private readonly counts = new Map<boolean, Promise<number>>();
  private closed = false;

  constructor(
    private readonly file: VideoFile,
    readonly info: VideoInfo,
    private readonly options: FfmpegSourceOptions,
  ) {}

  [Symbol.asyncIterator](): AsyncGenerator<VideoFrame, void, void> {
    return this.frames();
  }

  async *frames(indices?: readonly number[]): AsyncGenerator<VideoFrame, void, void> {
    if (indices !== undefined) checkIndices(indices);
    this.requireOpen();
    if (indices?.length === 0) return;
    const {ffmpeg = 'ffmpeg', signal} = this.options;
    const timestamps = new Timestamps();
    const args = readArguments(this.file, this.info, indices);
    const tool = await startTool(ffmpeg, args, this.file.path, (line) => timestamps.readLine(line));
    const stop = () => void tool.kill();
    const ended = () => timestamps.end();
    tool.exit.then(ended, ended);
    this.running.add(tool);
    signal?.addEventListener('abort', stop, {once: true});
    try {
      yield* this.receive(tool, timestamps, indices);
      const code = await tool.exit;
      this.requireOpen();
      if (code !== 0) throw this.unreadable(tool, code);
    } catch (error) {
      // A pipe torn down by a stop, or of a program that never started, fails in its own way: tell the reason instead.
      this.requireOpen();
      await tool.kill();
      await tool.exit;
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      await tool.kill();
      this.running.delete(tool);
    }
  }

  private async *receive(tool: RunningTool, timestamps: Timestamps, indices?: readonly number[]) {
    const {width, height, framesPerSecond = 25} = this.info;
    const wanted = indices && new Set(indices);
    let place = 0;
    for await (const data of pieces(tool.stdout, width * height * 3)) {
      const index = deliveredIndex(indices, place);
      const timestamp = (await timestamps.at(place)) ?? index / framesPerSecond;
      place++;
      if (wanted === undefined || wanted.has(index)) yield {data, width, height, timestamp, index};
      this.requireOpen();
    }
  }

  countFrames(exact = false): Promise<number> {
    if (!exact && this.info.frameCount !== undefined) return Promise.resolve(this.info.frameCount);
    const {ffprobe = 'ffprobe', signal} = this.options;
    const known = this.counts.get(exact) ?? countFrames(ffprobe, this.file, exact, signal);
    this.counts.set(exact, known);
    return known;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.running].map((tool) => tool.kill()));
  }

  private requireOpen(): void {
    this.options.signal?.throwIfAborted();
    if (this.closed) {
      throw new InvalidArgumentError(
        `ffmpegSource: the source of '${this.file.path}' is closed; open it again to read it`,
      );
    }
  }

  private unreadable(tool: RunningTool, code: number | null): FormatError {
    const reason = tool.complaint() || `ffmpeg ended with code ${code}`;
    return new FormatError(
      `cannot read the frames of '${this.file.path}': ${reason}; the file may be damaged`,
    );
  }
}

function infoOf(probed: ProbedVideo, size: number | undefined): VideoInfo {
  return {...probed, ...scaledSize(probed.width, probed.height, size)};
}

/**
 * Opens a video file through the system's ffmpeg (any container and codec that it reads; a picture is a video of one
 * frame). Only files on this machine: a name that looks like an address is a file name here.
 *
 * @param path path of the file.
 * @param options `size` scales the shorter side within ffmpeg, which costs less than scaling afterwards.
 * @returns a source whose frames are upright (rotation noted in the file is applied), with square pixels.
 * @throws UnavailableError when ffmpeg or the file is missing, FormatError when the file is not a video,
 *   InvalidArgumentError when the path is a directory.
 *
 * ```ts
 * const source = await ffmpegSource('clip.mp4', {size: 256});
 * for await (const {index, timestamp, data} of source) console.log(index, timestamp, data.length);
 * await source.close();
 * ```
 */
export async function ffmpegSource(path: string, options: FfmpegSourceOptions = {}): Promise<FrameSource> {
  scaledSize(1, 1, options.size);
  const file = await openFile(path);
  const probed = await probeVideo(options.ffprobe ?? 'ffprobe', file, options.signal);
  return new FfmpegSource(file, infoOf(probed, options.size), options);
}
