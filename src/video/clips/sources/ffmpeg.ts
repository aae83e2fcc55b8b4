/**
 * Frames of a video file through the system's ffmpeg: decoded, turned upright and scaled there, handed over as packed
 * rgb bytes through a pipe. Node only. Which readings a list of frames needs is decided here; what ffprobe says of the file
 * is read in ffmpeg_probe.ts and frame_table.ts, a reading is in ffmpeg_read.ts, processes in ffmpeg_process.ts.
 */
import {FormatError, InvalidArgumentError} from '../../../util/errors';
import {checkOptions} from '../../../util/names';
import type {Frame, SeekableVideo, SizedFrame, VideoInfo} from '../frames';
import {type PictureSize, scaledSize} from '../transforms';
import {openFile, type ProbedVideo, probeVideo, type StoredStream, type VideoFile} from './ffmpeg_probe';
import {type RunningTool, startTool} from './ffmpeg_process';
import {
  type Decoded,
  type Jump,
  type Reading,
  readArguments,
  receive,
  type ScaledPicture,
  selectionOf,
  Timestamps,
} from './ffmpeg_read';
import {decodeFrames, type FrameTable, listFrames} from './frame_table';

export interface FfmpegSourceOptions {
  /**
   * What ffmpeg scales frames to. Absent: the video's own size. Exactly `[height, width]` is done as ffmpeg's option -s does it, by its
   * plain bicubic scaler; the aspect kept, with more care for the colours.
   */
  readonly size?: PictureSize;
  /** Stops every reading when aborted; the reading then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Name or path of the programs. Default `ffmpeg` and `ffprobe`. */
  readonly ffmpeg?: string;
  readonly ffprobe?: string;
}

const OPTIONS = ['size', 'signal', 'ffmpeg', 'ffprobe'] as const satisfies (keyof FfmpegSourceOptions)[];

/** So many frames take about as long to decode, small ones, as another ffmpeg takes to start. */
const WORTH_A_JUMP = 250;

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

/** A frame as it came, with its time. */
type Read = Decoded & {readonly timestamp: number};

class FfmpegSource implements SeekableVideo {
  private readonly running = new Set<RunningTool>();
  private readonly closing = new AbortController();
  private readonly signal: AbortSignal;
  private listed: Promise<FrameTable> | undefined;
  /** Whether as many frames can be decoded as are listed. */
  private isProven = false;
  /** Whether decoding contradicted what is listed. */
  private isRefuted = false;
  /** How many frames came when all were read. */
  private readToEnd: number | undefined;

  constructor(
    private readonly file: VideoFile,
    private readonly stored: StoredStream,
    /** As shown, before any scaling. */
    private readonly shown: ProbedVideo,
    readonly info: VideoInfo,
    private readonly options: FfmpegSourceOptions,
  ) {
    const {signal} = options;
    this.signal = signal === undefined ? this.closing.signal : AbortSignal.any([signal, this.closing.signal]);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Frame, void, void> {
    return this.frames();
  }

  async *frames(indices?: readonly number[]): AsyncGenerator<Frame, void, void> {
    if (indices !== undefined) checkIndices(indices);
    const {size} = this.options;
    for await (const {pictures, timestamp, index} of this.readAll(indices, [this.picture(size)]))
      yield {...pictures[0]!, timestamp, index};
  }

  async *sized(sizes: readonly (PictureSize | undefined)[]): AsyncGenerator<SizedFrame, void, void> {
    const {width, height} = this.shown;
    const wanted = sizes.map((size) => this.picture(size));
    for await (const {pictures, timestamp, index} of this.readAll(undefined, wanted))
      yield {pictures, width, height, timestamp, index};
  }

  private picture(size: PictureSize | undefined): ScaledPicture {
    const {width, height} = this.shown;
    return {...scaledSize(width, height, size), isPlain: size !== undefined && typeof size !== 'number'};
  }

  private async *readAll(
    indices: readonly number[] | undefined,
    pictures: readonly ScaledPicture[],
  ): AsyncGenerator<Read, void, void> {
    this.signal.throwIfAborted();
    if (indices === undefined) {
      this.readToEnd = (yield* this.read({}, pictures)) + 1;
      return;
    }
    const plan = await this.plan(indices);
    for (const reading of plan) {
      const reached = yield* this.read(reading, pictures);
      if (!this.isRefuted || (plan.length === 1 && reading.from === undefined)) continue;
      // The file is not what its list says, so that frames can be told by counting from the first one alone.
      yield* this.read({indices: indices.filter((index) => index > reached)}, pictures);
      return;
    }
  }

  /** From the first frame on, or a jump to each group of frames that lies far from the one before. */
  private async plan(indices: readonly number[]): Promise<Reading[]> {
    if (indices.length === 0) return [];
    if (indices.at(-1)! < WORTH_A_JUMP || this.isRefuted) return [{indices}];
    const {seconds, jumps} = await this.table(false);
    const isShort = this.readToEnd !== undefined && this.readToEnd !== seconds.length;
    if (jumps === undefined || isShort) return [{indices}];
    const groups: {indices: number[]; from?: Jump}[] = [];
    let reached = 0;
    for (const index of indices) {
      if (index >= seconds.length) break;
      const key = jumps.keys[index]!;
      if (key - reached >= WORTH_A_JUMP)
        groups.push({indices: [index], from: {key, table: {seconds, jumps}}});
      else if (groups.length === 0) groups.push({indices: [index]});
      else groups.at(-1)!.indices.push(index);
      reached = index;
    }
    return groups;
  }

  /**
   * Reads frames with one ffmpeg. Notes if they contradict the list of frames, or may, since something is damaged; after a
   * jump it then stops.
   *
   * @returns the last frame that came as it should, -1 if none did.
   */
  private async *read(
    reading: Reading,
    pictures: readonly ScaledPicture[],
  ): AsyncGenerator<Read, number, void> {
    const {ffmpeg = 'ffmpeg'} = this.options;
    const timestamps = new Timestamps();
    const selected = selectionOf(reading);
    const args = readArguments(this.file, pictures, reading, selected);
    const tool = await startTool(ffmpeg, args, this.file.path, this.signal, (line) =>
      timestamps.readLine(line),
    );
    const ended = () => timestamps.end();
    tool.exit.then(ended, ended);
    this.running.add(tool);
    const wanted = reading.indices && new Set(reading.indices);
    let last = -1;
    try {
      for await (const frame of receive(tool, timestamps, pictures, reading, selected?.delivered)) {
        const {index, seconds} = frame;
        // Complaints precede the timestamp of the frame that they are about.
        if (!frame.isExpected || tool.complaint() !== '') this.isRefuted = true;
        if (this.isRefuted && reading.from !== undefined) return last;
        last = index;
        const timestamp = seconds ?? index / this.stored.rate;
        if (wanted === undefined || wanted.has(index)) yield {...frame, timestamp};
        this.signal.throwIfAborted();
      }
      const code = await tool.exit;
      this.signal.throwIfAborted();
      if (code !== 0 && reading.from === undefined) throw this.unreadable(tool, code);
      if (tool.complaint() !== '' || last < (selected?.delivered.at(-1) ?? 0)) this.isRefuted = true;
      return last;
    } catch (error) {
      // A pipe torn down by a stop, or of a program that never started, fails in its own way: tell the reason instead.
      this.signal.throwIfAborted();
      await tool.kill();
      await tool.exit;
      throw error;
    } finally {
      await tool.kill();
      this.running.delete(tool);
    }
  }

  async countFrames(exact = false): Promise<number> {
    return (await this.table(exact)).seconds.length;
  }

  async timestamps(exact = false): Promise<readonly number[]> {
    return (await this.table(exact)).seconds;
  }

  private async table(exact: boolean): Promise<FrameTable> {
    const {ffprobe = 'ffprobe'} = this.options;
    this.listed ??= listFrames(ffprobe, this.file, this.stored, this.signal).catch((error: unknown) => {
      // The next call may fare better.
      this.listed = undefined;
      throw error;
    });
    const listed = await this.listed;
    // Without jumps it was made by decoding.
    if (!exact || this.isProven || listed.jumps === undefined) return listed;
    const decoded = await decodeFrames(ffprobe, this.file, this.stored, this.signal);
    this.isProven = decoded.seconds.length === listed.seconds.length;
    if (!this.isProven) this.listed = Promise.resolve(decoded);
    return this.isProven ? listed : decoded;
  }

  async close(): Promise<void> {
    this.closing.abort(
      new InvalidArgumentError(
        `ffmpegSource: the source of '${this.file.path}' is closed; open it again to read it`,
      ),
    );
    await Promise.all([...this.running].map((tool) => tool.kill()));
  }

  private unreadable(tool: RunningTool, code: number | null): FormatError {
    const reason = tool.complaint() || `ffmpeg ended with code ${code}`;
    return new FormatError(
      `cannot read the frames of '${this.file.path}': ${reason}; the file may be damaged`,
    );
  }
}

function infoOf(probed: ProbedVideo, {start}: StoredStream, size: PictureSize | undefined): VideoInfo {
  return {...probed, ...scaledSize(probed.width, probed.height, size), startTimestamp: start};
}

/**
 * Opens a video file through the system's ffmpeg (any container and codec that it reads; a picture is a video of one
 * frame). Only files on this machine: a name that looks like an address is a file name here.
 *
 * @param path path of the file.
 * @param options `size` scales within ffmpeg, which costs less than scaling afterwards.
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
export async function ffmpegSource(path: string, options: FfmpegSourceOptions = {}): Promise<SeekableVideo> {
  checkOptions('ffmpegSource', options, OPTIONS);
  scaledSize(1, 1, options.size);
  const file = await openFile(path);
  const {video, stored} = await probeVideo(options.ffprobe ?? 'ffprobe', file, options.signal);
  return new FfmpegSource(file, stored, video, infoOf(video, stored, options.size), options);
}
