/**
 * What ffprobe knows of a video file before its frames are listed (frame_table.ts): upright size, frame rate, length. Checks
 * first that the path is a file here on disk; what ffprobe cannot read as a video is refused with its reason.
 */
import {FormatError, InvalidArgumentError, UnavailableError} from '../../../util/errors';
import {Recent} from '../../../util/recent';
import {runTool} from './ffmpeg_process';

/** A file and how to ask ffmpeg for it. */
export interface VideoFile {
  readonly path: string;
  /** Options and name of the input, to be followed by options of the output. */
  readonly input: readonly string[];
  /** The same as long as nobody has written to it. */
  readonly identity: string;
}

export interface ProbedVideo {
  /** Size as shown: rotated upright, with square pixels. */
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond?: number;
  readonly duration?: number;
  readonly frameCount?: number;
}

/** How the stream of pictures is stored. */
export interface StoredStream {
  /** ffmpeg's names of the container, of the codec, and `progressive` or an order of fields. */
  readonly container: string;
  readonly codec: string;
  readonly fieldOrder: string;
  /** Average frames per second, for frames whose time nobody knows. */
  readonly rate: number;
  /** Seconds in a tick of its timestamps. */
  readonly tick: number;
  /** Seconds on the clock of the file at which it starts; what we call 0. */
  readonly start: number;
}

/** The part of ffprobe's answer that is read here; all of it may be missing. */
interface ProbeStream {
  codec_name?: string;
  field_order?: string;
  time_base?: string;
  width?: number;
  height?: number;
  sample_aspect_ratio?: string;
  avg_frame_rate?: string;
  nb_frames?: string;
  duration?: string;
  tags?: {rotate?: string};
  side_data_list?: {rotation?: number}[];
}
interface ProbeAnswer {
  streams?: ProbeStream[];
  format?: {format_name?: string; start_time?: string; duration?: string};
}

/** ffmpeg draws text files as a terminal would show them; that is not what anyone means by a video. */
const TEXT_CODECS = new Set(['ansi', 'bintext', 'xbin', 'idf']);

/** Names that ffmpeg would take as a pattern for a numbered sequence of pictures, `shot%03d.png`. */
const PICTURE_PATTERN = /%\d*d.*\.(?:png|jpe?g|bmp|tiff?|webp|ppm|pgm|tga|gif)$/is;

/** Pixels further from square than this are a fault of the file, not a format. */
const WIDEST_PIXEL = 8;

/**
 * Checks that a path is a file, and names it so that ffmpeg opens this very file: `file:` keeps it from reading
 * `http://...` or `-i` out of a name, and the protocol list keeps playlists from reaching out to the network.
 *
 * @throws UnavailableError when there is no such file or it cannot be read, InvalidArgumentError when it is no file.
 */
export async function openFile(path: string): Promise<VideoFile> {
  if (path === '' || path.includes('\0')) {
    throw new InvalidArgumentError(
      'ffmpegSource: the path of the video is empty or holds a zero byte; give the path of a file',
    );
  }
  const {constants} = await import('node:fs');
  const {access, stat} = await import('node:fs/promises');
  const hint = /^[a-z][a-z0-9+.-]+:\/\//i.test(path)
    ? ' (only files on this machine are read: download it first)'
    : '';
  let identity: string;
  try {
    const status = await stat(path, {bigint: true});
    identity = [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join();
    if (status.isDirectory())
      throw new InvalidArgumentError(`'${path}' is a directory; give the path of a video file`);
    if (!status.isFile())
      throw new InvalidArgumentError(`'${path}' is not a regular file; give the path of a video file`);
    await access(path, constants.R_OK);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error;
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UnavailableError(`no such file: '${path}'${hint}`);
    throw new UnavailableError(`cannot read '${path}': ${code ?? message}${hint}`);
  }
  const whitelist = ['-protocol_whitelist', 'file'];
  const literal = PICTURE_PATTERN.test(path) ? ['-f', 'image2', '-pattern_type', 'none'] : [];
  return {path, input: [...whitelist, ...literal, '-i', `file:${path}`], identity};
}

/**
 * What ffprobe has said: a process of it takes longer than to decode a short clip, and training reads the same files in every epoch. So many
 * letters are the lists of frames of some thousand clips.
 */
const answers = new Recent(2 ** 24);

/**
 * Asks ffprobe for entries of the first stream that moves (V:0): not the cover picture of a song.
 *
 * @param format of the answer, as ffprobe calls it.
 * @throws FormatError when the file is not a video, UnavailableError when ffprobe is missing.
 */
export async function probe(
  program: string,
  {path, input, identity}: VideoFile,
  entries: string,
  format: string,
  signal?: AbortSignal,
): Promise<string> {
  signal?.throwIfAborted();
  const key = JSON.stringify([program, path, identity, entries, format]);
  const known = answers.get(key);
  if (known !== undefined) return known;
  const what = ['-select_streams', 'V:0', '-show_entries', entries, '-print_format', format];
  const {code, stdout, complaint} = await runTool(
    program,
    ['-v', 'level+error', ...what, ...input],
    path,
    signal,
  );
  if (code === 0) {
    answers.set(key, stdout);
    return stdout;
  }
  throw new FormatError(
    `cannot read '${path}' as a video: ${complaint || `ffprobe ended with code ${code}`}; give a file that ffmpeg plays`,
  );
}

/** `30000/1001` -> 29.97; undefined for `0/0`, `N/A` and the like. */
function ratio(text: string | undefined, separator: string): number | undefined {
  const [above = '', below = '1'] = (text ?? '').split(separator);
  const value = Number.parseFloat(above) / Number.parseFloat(below);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

function positive(text: string | undefined): number | undefined {
  return ratio(text, '/');
}

function uprightSize(stream: ProbeStream, path: string): {width: number; height: number} {
  const {width = 0, height = 0, codec_name} = stream;
  if (width < 1 || height < 1) {
    const reason =
      codec_name === 'webp'
        ? 'an animated WebP picture is nothing that the installed ffmpeg decodes; make a GIF or a video of it'
        : 'the size of its frames is unknown; give a file that ffmpeg plays';
    throw new FormatError(`cannot read '${path}' as a video: ${reason}`);
  }
  const pixel = ratio(stream.sample_aspect_ratio, ':') ?? 1;
  const usable = pixel <= WIDEST_PIXEL && pixel >= 1 / WIDEST_PIXEL;
  const shown = usable ? Math.max(1, Math.round(width * pixel)) : width;
  // Recent programs tell the rotation as side data, those before version 5 as a tag.
  const turned = stream.side_data_list?.find(({rotation}) => rotation !== undefined)?.rotation;
  const rotation = turned ?? Number.parseFloat(stream.tags?.rotate ?? '0');
  return Math.abs(rotation) % 180 === 90 ? {width: height, height: shown} : {width: shown, height};
}

/**
 * Asks for the size, rate and length of a video file, and how its pictures are stored.
 *
 * @throws FormatError when the file is not a video, or holds sound or text alone.
 * @throws UnavailableError when ffprobe is missing.
 */
export async function probeVideo(
  program: string,
  file: VideoFile,
  signal?: AbortSignal,
): Promise<{video: ProbedVideo; stored: StoredStream}> {
  const entries =
    'stream=codec_name,field_order,time_base,width,height,sample_aspect_ratio,avg_frame_rate,nb_frames,duration' +
    ':stream_tags=rotate:stream_side_data=rotation:format=format_name,start_time,duration';
  const {streams = [], format = {}}: ProbeAnswer = JSON.parse(
    await probe(program, file, entries, 'json', signal),
  );
  const [stream] = streams;
  if (stream === undefined) {
    throw new FormatError(
      `cannot read '${file.path}' as a video: it holds no video stream; give a file with pictures`,
    );
  }
  const {codec_name: codec = '', field_order: fieldOrder = 'progressive'} = stream;
  if (TEXT_CODECS.has(codec)) {
    throw new FormatError(
      `cannot read '${file.path}' as a video: it is a text file; give a file that ffmpeg plays`,
    );
  }
  const framesPerSecond = positive(stream.avg_frame_rate);
  const duration = positive(stream.duration) ?? positive(format.duration);
  const frameCount = shownFrames(stream);
  const video = {
    ...uprightSize(stream, file.path),
    ...(framesPerSecond !== undefined && {framesPerSecond}),
    ...(duration !== undefined && {duration}),
    ...(frameCount !== undefined && {frameCount}),
  };
  const start = Number.parseFloat(format.start_time ?? '');
  const stored = {
    container: format.format_name ?? '',
    codec,
    fieldOrder,
    rate: framesPerSecond ?? 25,
    tick: positive(stream.time_base) ?? 1,
    start: Number.isFinite(start) ? start : 0,
  };
  return {video, stored};
}

/** What the container says, unless its own length belies it: an edit list may show a part of the frames. */
function shownFrames({nb_frames, avg_frame_rate, duration}: ProbeStream): number | undefined {
  const [count, rate, seconds] = [positive(nb_frames), positive(avg_frame_rate), positive(duration)];
  if (count === undefined || rate === undefined || seconds === undefined) return count;
  return Math.abs(rate * seconds - count) > 1.5 ? undefined : count;
}
