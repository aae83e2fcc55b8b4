/** Pictures of shots for the page of a timeline, from any source of frames. */
import {checkOptions, optionNames} from '../../../util/names';
import {jpegUrl} from '../../../util/page/jpeg';
import {checkStream} from '../../clips/check_stream';
import type {SeekableVideo} from '../../clips/frames';
import type {Shot} from '../timeline';

export interface ThumbnailOptions {
  /** How well the pictures are stored, 1 to 100. Default 70. */
  readonly quality?: number;
  /** Called with each picture: how many are done, and of how many. */
  readonly onThumbnail?: (done: number, total: number) => void;
}

const OPTIONS = optionNames<ThumbnailOptions>({quality: true, onThumbnail: true});

/**
 * A picture of each shot, the frame in its middle, for `exportTimeline(timeline, 'html', {thumbnails})`.
 *
 * @param source the video, best opened at the size that the pictures are to have: `ffmpegSource(path, {size: 120})`
 * @param shots of the video, rising
 * @returns `data:` URLs of JPEG, as many as there are shots; '' for a shot whose frame cannot be read
 *
 * ```ts
 * const source = await ffmpegSource('film.mp4', {size: 120});
 * const thumbnails = await shotThumbnails(source, timeline.shots);
 * await writeFile('film.html', exportTimeline(timeline, 'html', {thumbnails}));
 * ```
 */
export async function shotThumbnails(
  source: SeekableVideo,
  shots: readonly Pick<Shot, 'startFrame' | 'endFrame'>[],
  options: ThumbnailOptions = {},
): Promise<string[]> {
  checkStream('shotThumbnails', source);
  checkOptions('shotThumbnails', options, OPTIONS);
  const {quality = 70, onThumbnail} = options;
  const middles = shots.map(({startFrame, endFrame}) => Math.floor((startFrame + endFrame) / 2));
  const pictures = new Map<number, string>();
  for await (const frame of source.frames(middles)) {
    pictures.set(frame.index, jpegUrl(frame, quality));
    onThumbnail?.(pictures.size, shots.length);
  }
  return middles.map((index) => pictures.get(index) ?? '');
}
