/** Frames at several sizes from one reading of a stream: by its decoder where that scales, else here. */
import {InvalidArgumentError} from '../../util/errors';
import {checkStream} from './check_stream';
import type {FrameStream, SizedFrame} from './frames';
import {resample} from './resample';
import {type PictureSize, scaledSize} from './transforms';

/**
 * All frames of a stream, each at several sizes, from one reading.
 *
 * A file that ffmpeg reads is decoded once and scaled by its plain bicubic scaler, in one step from the stored colours. Frames of
 * other streams are scaled here, by bicubic interpolation over as many pixels as become one.
 *
 * @param sizes each the length of the shorter side, `[height, width]`, or undefined for the frame as it is shown; at least one
 * @throws InvalidArgumentError for no size, or one that is not a whole number of pixels; what reading throws
 *
 * ```ts
 * for await (const {timestamp, pictures} of sizedFrames(video, [[27, 48], 256])) {
 *   const [small, large] = pictures;
 *   console.log(timestamp, small.width, large.height);
 * }
 * ```
 */
export async function* sizedFrames(
  stream: FrameStream,
  sizes: readonly (PictureSize | undefined)[],
): AsyncGenerator<SizedFrame, void, void> {
  checkStream('sizedFrames', stream);
  if (sizes.length === 0)
    throw new InvalidArgumentError(
      'sizedFrames: there is no size; give at least one, as [[27, 48]] or [256].',
    );
  for (const size of sizes) scaledSize(1, 1, size);
  if (stream.sized !== undefined) {
    yield* stream.sized(sizes);
    return;
  }
  for await (const frame of stream) {
    const pictures = sizes.map((size) => {
      const {width, height} = scaledSize(frame.width, frame.height, size);
      return resample(frame, width, height);
    });
    const {width, height, timestamp, index} = frame;
    yield {pictures, width, height, timestamp, index};
  }
}
