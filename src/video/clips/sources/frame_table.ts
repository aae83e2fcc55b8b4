/**
 * When each frame of a file is shown. In containers and codecs where a packet is a frame ffprobe lists the packets, which
 * costs no decoding and tells where a decoder may start; elsewhere, and for an exact list, every frame is decoded.
 */
import {probe, type StoredStream, type VideoFile} from './ffmpeg_probe';

/** The frames of a video in the order of showing. */
export interface FrameTable {
  /** Seconds from the start of the video at which each frame is shown. */
  readonly seconds: readonly number[];
  /** Where reading may start; absent where frames are only found by decoding all those before. */
  readonly jumps?: Jumps;
}

export interface Jumps {
  /** Timestamp of each frame, in ticks as the container counts them. */
  readonly ticks: readonly number[];
  /** For each frame the last one at or before it from which on everything can be decoded. */
  readonly keys: Int32Array;
}

/** Containers that keep an index and a timestamp for every packet. */
const INDEXED = /\b(?:mp4|matroska)\b/;

/**
 * Codecs with a picture in each packet. VP8 is not one of them (packets of pictures that are never shown), nor are fields of
 * interlaced video, which may come as packets of their own.
 */
const ONE_PICTURE_A_PACKET = new Set('h264 hevc av1 vp9 mpeg4 mjpeg png ffv1 prores dnxhd'.split(' '));

/**
 * Lists the frames by packets where they tell, else by decoding.
 *
 * @throws FormatError when the file cannot be read.
 */
export async function listFrames(
  program: string,
  file: VideoFile,
  stored: StoredStream,
  signal?: AbortSignal,
): Promise<FrameTable> {
  const {container, codec, fieldOrder} = stored;
  const isProgressive = fieldOrder === 'progressive' || fieldOrder === 'unknown';
  if (INDEXED.test(container) && ONE_PICTURE_A_PACKET.has(codec) && isProgressive) {
    const table = fromPackets(await probe(program, file, 'packet=pts,flags', 'csv=p=0', signal), stored);
    if (table !== undefined) return table;
  }
  return decodeFrames(program, file, stored, signal);
}

/** Lists the frames that can be decoded. */
export async function decodeFrames(
  program: string,
  file: VideoFile,
  {tick, start, rate}: StoredStream,
  signal?: AbortSignal,
): Promise<FrameTable> {
  const text = await probe(program, file, 'frame=best_effort_timestamp', 'csv=p=0', signal);
  const ticks = text.match(/^(?:-?\d+|N\/A)/gm) ?? [];
  return {seconds: ticks.map((at, i) => (at === 'N/A' ? i / rate : Number(at) * tick - start))};
}

/** Undefined when packets contradict the order of decoding that seeking relies on. */
function fromPackets(text: string, {tick, start}: StoredStream): FrameTable | undefined {
  const packets = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [pts = '', flags = ''] = line.split(',');
      // D: decoded and not shown, as an edit list wants it. C: damaged on the way.
      return {
        at: Number(pts),
        isKey: flags.includes('K'),
        isShown: !flags.includes('D'),
        isSound: /^-?\d+$/.test(pts) && !flags.includes('C'),
      };
    });
  const [first] = packets;
  const ordered = [...packets].sort((a, b) => a.at - b.at);
  const isOrdered = ordered.every(({at, isSound}, i) => isSound && (i === 0 || at > ordered[i - 1]!.at));
  // Pictures that are shown before the first key picture would want one that is not there.
  if (first === undefined || !isOrdered || !first.isKey || ordered[0] !== first) return undefined;
  const shown = ordered.filter(({isShown}) => isShown);
  const keys = new Int32Array(shown.length);
  shown.forEach(({isKey}, i) => {
    keys[i] = isKey ? i : (keys[i - 1] ?? 0);
  });
  return {
    seconds: shown.map(({at}) => at * tick - start),
    jumps: {ticks: shown.map(({at}) => at), keys},
  };
}
