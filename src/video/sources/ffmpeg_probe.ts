/**
 * What ffprobe knows of a video file: upright size, frame rate, length, number of frames. Checks first that the path
 * is a file here on disk; what ffprobe cannot read as a video is refused with its reason. No frame is decoded unless
 * frames are counted exactly.
 */
import {FormatError, InvalidArgumentError, UnavailableError} from '../../util/errors';
import {runTool} from './ffmpeg_process';

/** A file and how to ask ffmpeg for it. */
export interface VideoFile {
  readonly path: string;
  /** Options and name of the input, to be followed by options of the output. */
  readonly input: readonly string[];
}

export interface ProbedVideo {
  /** Size as shown: rotated upright, with square pixels. */
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond?: number;
  readonly duration?: number;
  readonly frameCount?: number;
}

/** The part of ffprobe's answer that is read here; all of it may be missing. */
interface ProbeStream {
  codec_name?: string;
  width?: number;
  height?: number;
  sample_aspect_ratio?: string;
  avg_frame_rate?: string;
  nb_frames?: string;
  nb_read_packets?: string;
  nb_read_frames?: string;
  duration?: string;
  tags?: {rotate?: string};
  side_data_list?: {rotation?: number}[];
}
interface ProbeAnswer {
  streams?: ProbeStream[];
  format?: {duration?: string};
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
  try {
    const status = await stat(path);
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
  return {path, input: [...whitelist, ...literal, '-i', `file:${path}`]};
}

async function probe(
  program: string,
  file: VideoFile,
  extra: string[],
  entries: string,
  signal?: AbortSignal,
): Promise<ProbeAnswer> {
  // V:0 is the first stream that moves: not the cover picture of a song.
  const args = [
    '-v',
    'level+error',
    '-select_streams',
    'V:0',
    ...extra,
    '-show_entries',
    entries,
    '-print_format',
    'json',
    ...file.input,
  ];
  const {code, stdout, complaint} = await runTool(program, args, file.path, signal);
  if (code !== 0) {
    throw new FormatError(
      `cannot read '${file.path}' as a video: ${complaint || `ffprobe ended with code ${code}`}; give a file that ffmpeg plays`,
    );
  }
  return JSON.parse(stdout) as ProbeAnswer;
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
  const {width = 0, height = 0} = stream;
  if (width < 1 || height < 1) {
    throw new FormatError(
      `cannot read '${path}' as a video: the size of its frames is unknown; give a file that ffmpeg plays`,
    );
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
 * Asks for the size, rate and length of a video file.
 *
 * @throws FormatError when the file is not a video, or holds sound or text alone.
 * @throws UnavailableError when ffprobe is missing.
 */
export async function probeVideo(
  program: string,
  file: VideoFile,
  signal?: AbortSignal,
): Promise<ProbedVideo> {
  const entries =
    'stream=codec_name,width,height,sample_aspect_ratio,avg_frame_rate,nb_frames,duration' +
    ':stream_tags=rotate:stream_side_data=rotation:format=duration';
  const answer = await probe(program, file, [], entries, signal);
  const stream = answer.streams?.[0];
  if (stream === undefined) {
    throw new FormatError(
      `cannot read '${file.path}' as a video: it holds no video stream; give a file with pictures`,
    );
  }
  if (TEXT_CODECS.has(stream.codec_name ?? '')) {
    throw new FormatError(
      `cannot read '${file.path}' as a video: it is a text file; give a file that ffmpeg plays`,
    );
  }
  const framesPerSecond = positive(stream.avg_frame_rate);
  const duration = positive(stream.duration) ?? positive(answer.format?.duration);
  const frameCount = positive(stream.nb_frames);
  return {
    ...uprightSize(stream, file.path),
    ...(framesPerSecond !== undefined && {framesPerSecond}),
    ...(duration !== undefined && {duration}),
    ...(frameCount !== undefined && {frameCount}),
  };
}

/**
 * Counts frames: by the packets of the stream (fast, nothing is decoded) or, `exact`, by decoding them all.
 *
 * @returns the number of frames, 0 when none can be read.
 */
export async function countFrames(
  program: string,
  file: VideoFile,
  exact: boolean,
  signal?: AbortSignal,
): Promise<number> {
  const [option, entry] = exact ? ['-count_frames', 'nb_read_frames'] : ['-count_packets', 'nb_read_packets'];
  const answer = await probe(program, file, [option!], `stream=${entry}`, signal);
  const stream = answer.streams?.[0];
  return positive(exact ? stream?.nb_read_frames : stream?.nb_read_packets) ?? 0;
}
