/**
 * A picture, or a video as pictures, as a video whose frames can be asked for. Those asked for are read, some at a time; none is kept
 * but the first, whose size is that of all. Node only.
 */
import type {Frame, SeekableVideo} from '../../../video/clips';
import type {PictureSize} from '../../../video/clips/transforms';
import type {PictureItem, RawFramesItem} from './items';
import {readPictures} from './picture_files';

/** Pictures that one process of ffmpeg reads. */
const AT_ONCE = 16;

/** A rate is known of none: timestamps are those of the usual one. */
const RATE = 30;

/** The file of a frame, counted from 0. */
export function frameFile({path, pattern, first}: RawFramesItem, index: number): string {
  const name = pattern.replace(/%(?:0(\d+))?d/, (_, digits = '0') =>
    String(first + index).padStart(Number(digits), '0'),
  );
  return `${path}/${name}`;
}

/** @throws as `readPictures` does, of the first picture */
export async function pictureSource(
  item: PictureItem | RawFramesItem,
  {size, ffmpeg = 'ffmpeg', signal}: {size?: PictureSize; ffmpeg?: string; signal?: AbortSignal},
): Promise<SeekableVideo> {
  const count = item.kind === 'picture' ? 1 : item.count;
  const fileOf = (index: number) => (item.kind === 'picture' ? item.path : frameFile(item, index));
  const read = (indices: readonly number[]) => readPictures(indices.map(fileOf), size, ffmpeg, signal);
  const first = await read([0]);
  const {width, height} = first;
  const bytes = width * height * 3;
  const all = Array.from({length: count}, (_, index) => index);

  async function* frames(indices: readonly number[] = all): AsyncGenerator<Frame, void, void> {
    const wanted = indices.filter((index) => index < count);
    for (let begin = 0; begin < wanted.length; begin += AT_ONCE) {
      const some = wanted.slice(begin, begin + AT_ONCE);
      const {data} = some.length === 1 && some[0] === 0 ? first : await read(some);
      for (const [i, index] of some.entries())
        yield {data: data.slice(i * bytes, (i + 1) * bytes), width, height, timestamp: index / RATE, index};
    }
  }
  return {
    info: {width, height, framesPerSecond: RATE, frameCount: count, duration: count / RATE},
    frames,
    countFrames: async () => count,
    timestamps: async () => all.map((index) => index / RATE),
    close: async () => {},
    [Symbol.asyncIterator]: () => frames(),
  };
}
