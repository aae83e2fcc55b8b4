/** Picture files through ffmpeg: one or, as the frames of a clip, several of one size, by one process. Node only. */
import {FormatError} from '../../../util/errors';
import {openFile} from '../../../video/clips/sources/ffmpeg_probe';
import {startTool} from '../../../video/clips/sources/ffmpeg_process';
import {type PictureSize, scaledSize} from '../../../video/clips/transforms';
import type {ByteClip} from '../../augment';

/** ffmpeg's scaler with what `scaledSize` would give, for pictures whose size is known to ffmpeg alone. */
function scaling(size: PictureSize | undefined): string {
  if (size === undefined) return 'format=rgb24';
  const rounded = (side: string, other: string) => `max(1\\,floor(${side}*${size}/${other}+0.5))`;
  const [width, height] =
    typeof size === 'number'
      ? [
          `if(lte(iw\\,ih)\\,${size}\\,${rounded('iw', 'ih')})`,
          `if(lte(iw\\,ih)\\,${rounded('ih', 'iw')}\\,${size})`,
        ]
      : [size[1], size[0]];
  return `scale=w=${width}:h=${height}:flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24`;
}

/** Reads binary PPM pictures, one after the other. */
function* parsePpm(bytes: Uint8Array): Generator<{data: Uint8Array; width: number; height: number}> {
  for (let at = 0; at < bytes.length; ) {
    const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(
      Buffer.from(bytes.subarray(at, at + 40)).toString('latin1'),
    );
    if (header === null) throw new FormatError('ffmpeg gave no pictures');
    const [width, height] = [Number(header[1]), Number(header[2])];
    const start = at + header[0].length;
    at = start + width * height * 3;
    yield {data: bytes.subarray(start, at), width, height};
  }
}

/**
 * Reads pictures.
 *
 * @param paths at least one; the same picture may come again
 * @returns a clip with a frame for each
 * @throws FormatError for what is no picture, or of different sizes; as `openFile` for what is no file
 */
export async function readPictures(
  paths: readonly string[],
  size: PictureSize | undefined,
  ffmpeg: string,
  signal: AbortSignal | undefined,
): Promise<ByteClip> {
  scaledSize(1, 1, size);
  const different = [...new Set(paths)];
  const inputs = await Promise.all(different.map((path) => openFile(path)));
  const outputs = different.map((_, i) => `[${i}:v]${scaling(size)},setsar=1[p${i}]`);
  const joined = `${different.map((_, i) => `[p${i}]`).join('')}concat=n=${different.length}`;
  const tool = await startTool(
    ffmpeg,
    [
      ...[
        '-nostdin',
        '-loglevel',
        'level+error',
        ...inputs.flatMap(({input}) => ['-threads', '1', ...input]),
      ],
      ...['-filter_complex', [...outputs, joined].join(';'), '-fps_mode', 'passthrough'],
      ...['-f', 'image2pipe', '-c:v', 'ppm', 'pipe:1'],
    ],
    different[0]!,
    signal,
  );
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of tool.stdout) chunks.push(chunk as Uint8Array);
    await tool.exit;
  } catch (error) {
    signal?.throwIfAborted();
    await tool.exit;
    throw error;
  } finally {
    await tool.kill();
  }
  signal?.throwIfAborted();
  const pictures = [...parsePpm(Buffer.concat(chunks))];
  if (pictures.length !== different.length) {
    // Which one it is: alone each says so itself.
    if (different.length > 1) for (const path of different) await readPictures([path], size, ffmpeg, signal);
    const words = tool.firstComplaint();
    throw new FormatError(
      `'${different[0]}' is no picture, or damaged${words === '' ? '' : ` (ffmpeg says: ${words})`}`,
    );
  }
  const [{width, height}] = pictures as [(typeof pictures)[0]];
  const data = new Uint8Array(paths.length * width * height * 3);
  paths.forEach((path, i) => {
    const picture = pictures[different.indexOf(path)]!;
    if (picture.width !== width || picture.height !== height)
      throw new FormatError(
        `'${path}' is of another size than '${paths[0]}'; the frames of a video have one size`,
      );
    data.set(picture.data, i * width * height * 3);
  });
  return {data, frames: paths.length, width, height};
}
