/**
 * One item of a data set of files as the clip that a network sees: its frames chosen and decoded, then augmented or cut out in the
 * middle. What comes out depends on the item, the place and the reading alone, whichever thread does it. Node only.
 */
import {FormatError, StsError} from '../../../util/errors';
import type {SeekableVideo} from '../../../video/clips';
import {framesBetween} from '../../../video/clips/frames_at';
import {ffmpegSource} from '../../../video/clips/sources/ffmpeg';
import {augment, type ByteClip, cropAndResize, eachFrame, type RandomSource, randomAt} from '../../augment';
import {chooseFrames} from './chosen_frames';
import {cachedVideo, keepVideo} from './clip_cache';
import type {FileItem, Place, RawFramesItem, Reading, Unreadable, VideoItem} from './items';
import {readPictures} from './picture_files';
import {frameFile} from './picture_source';

/**
 * Reads a clip.
 *
 * @returns the clip, or why there is none
 * @throws the reason of the signal, once it is aborted
 */
export async function readItem(
  item: FileItem,
  place: Place,
  reading: Reading,
  signal?: AbortSignal,
): Promise<ByteClip | Unreadable> {
  const {seed, epoch, index} = place;
  const {target, augmentation} = reading;
  const random = augmentation && randomAt(seed, 'clip', epoch, index);
  try {
    const clip = await decoded(item, random, reading, signal);
    if (augmentation === undefined) return cutMiddle(clip, target, item.path);
    return augment(clip, target, augmentation, randomAt(seed, 'augment', epoch, index));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof StsError) return {unreadable: error.message};
    throw error;
  }
}

function decoded(
  item: FileItem,
  random: RandomSource | undefined,
  reading: Reading,
  signal: AbortSignal | undefined,
): Promise<ByteClip> {
  switch (item.kind) {
    case 'video':
      return videoClip(item, random, reading, signal);
    case 'frames':
      return rawFrames(item, random, reading, signal);
    default:
      return readPictures([item.path], reading.decodedSize, reading.ffmpeg, signal);
  }
}

function rawFrames(
  item: RawFramesItem,
  random: RandomSource | undefined,
  reading: Reading,
  signal: AbortSignal | undefined,
): Promise<ByteClip> {
  const paths = chooseFrames(item.count, reading, random).map((index) => frameFile(item, index));
  return readPictures(paths, reading.decodedSize, reading.ffmpeg, signal);
}

async function videoClip(
  item: VideoItem,
  random: RandomSource | undefined,
  reading: Reading,
  signal: AbortSignal | undefined,
): Promise<ByteClip> {
  const {decodedSize: size, ffmpeg, ffprobe, cache} = reading;
  // Seconds are known of the file alone, and a part of a long video is no short clip.
  const isWhole = item.start === undefined && item.end === undefined;
  if (cache && isWhole) {
    const kept = await cachedVideo(item.path, reading, (total) => chooseFrames(total, reading, random));
    if (kept !== undefined) return kept;
  }
  const video = await ffmpegSource(item.path, {
    ffmpeg,
    ffprobe,
    ...(size && {size}),
    ...(signal && {signal}),
  });
  try {
    if (cache && isWhole) {
      const whole = await keepVideo(item.path, video, reading);
      if (whole !== undefined) return pick(whole, chooseFrames(whole.frames, reading, random));
    }
    for (const exact of [false, true]) {
      const [from, to] = isWhole
        ? [0, (await video.countFrames(exact)) - 1]
        : await framesBetween('readItem', video, item.start, item.end, exact);
      if (to < from) continue;
      // The place decides, also when the video turns out to be shorter than announced.
      const chosen = chooseFrames(to - from + 1, reading, random).map((index) => from + index);
      const clip = await framesOf(video, chosen);
      if (clip !== undefined) return clip;
    }
    throw new FormatError(`no frame of '${item.path}' can be read; the file may be damaged`);
  } finally {
    await video.close();
  }
}

/** Undefined if the video ends before the last of them. */
async function framesOf(video: SeekableVideo, indices: readonly number[]): Promise<ByteClip | undefined> {
  const {width, height} = video.info;
  const length = width * height * 3;
  const data = new Uint8Array(indices.length * length);
  const missing = new Set(indices);
  for await (const frame of video.frames([...missing].sort((a, b) => a - b))) {
    if (!missing.delete(frame.index)) continue;
    indices.forEach((index, i) => {
      if (index === frame.index) data.set(frame.data, i * length);
    });
  }
  return missing.size === 0 ? {data, frames: indices.length, width, height} : undefined;
}

/** Some frames of a clip. */
function pick({data, width, height}: ByteClip, indices: readonly number[]): ByteClip {
  const length = width * height * 3;
  const picked = new Uint8Array(indices.length * length);
  indices.forEach((index, i) => {
    picked.set(data.subarray(index * length, (index + 1) * length), i * length);
  });
  return {data: picked, frames: indices.length, width, height};
}

function cutMiddle(clip: ByteClip, target: Reading['target'], path: string): ByteClip {
  const {width, height} = target;
  if (clip.width < width || clip.height < height) {
    throw new FormatError(
      `the frames of '${path}' are ${clip.width} x ${clip.height}, smaller than the crop of ${width} x ${height}; set size to the crop or more`,
    );
  }
  if (clip.width === width && clip.height === height) return clip;
  const middle = {
    left: Math.floor((clip.width - width) / 2),
    top: Math.floor((clip.height - height) / 2),
    ...target,
  };
  return eachFrame(clip, (frame) => cropAndResize(frame, middle, target, 'bilinear'));
}
