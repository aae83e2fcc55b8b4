/**
 * Films in which it is known how the camera moves, though somebody else filmed what is in them: ffmpeg moves a window through a film whose
 * camera stands. It is another program than the generator's, with other filters and a codec.
 */
import {join} from 'node:path';
import {command, FOOTAGE, filmOf, infoOf, smallFrames} from './footage.mjs';
import {movementNames} from './task/movements.mjs';

/** All but what hands do. */
const MOVEMENTS = movementNames.filter((movement) => movement !== 'hand-held');

/** Frames a second: zoompan, which knows no time, counts them. */
const RATE = 25;

/**
 * Filters of ffmpeg that move a window through a film.
 *
 * @param speed share of the window a second; of a zoom and a roll, twice that in nepers and radians
 * @param share of the picture that the window is
 * @param size of the film
 */
function filterFor(movement, speed, seconds, share, {width, height}) {
  const even = (length) => 2 * Math.floor((share / 2) * length);
  const [w, h] = [even(width), even(height)];
  const window = (x, y) => `crop=w=${w}:h=${h}:x='${x}':y='${y}'`;
  const [restX, restY] = ['(iw-ow)/2', '(ih-oh)/2'];
  const along = (axis, direction) => {
    const [rest, length] = axis === 'x' ? [restX, 'ow'] : [restY, 'oh'];
    return `${rest}+${direction * speed}*${length}*(t-${seconds / 2})`;
  };
  // zoompan moves by whole pixels of what it is given, and would tremble: that is made three times as large.
  const closer = (exponent) =>
    `scale=w=3*iw:h=3*ih,zoompan=z='exp(${exponent})/${share}':x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2'` +
    `:d=1:s=${w}x${h}:fps=${RATE}`;
  const time = `on/${RATE}`;
  return {
    static: window(restX, restY),
    'pan left': window(along('x', -1), restY),
    'pan right': window(along('x', 1), restY),
    'tilt up': window(restX, along('y', -1)),
    'tilt down': window(restX, along('y', 1)),
    'zoom in': closer(`${2 * speed}*${time}`),
    'zoom out': closer(`${2 * speed}*(${seconds}-${time})`),
    roll: `rotate=a='${2 * speed}*(t-${seconds / 2})',${window(restX, restY)}`,
  }[movement];
}

/**
 * The windows of a list of footage.json, one at a time.
 *
 * @param list `{films, starts, seconds, speeds, window, movements}`: each movement at each start with the speed at its place; `window` is its
 *   share of the picture, less than 1, so that there is something around it to move to
 * @returns `{film, start, speed, label, frames}`
 */
export async function* movedWindows(
  {films, starts, seconds, speeds, window, movements = MOVEMENTS},
  directory,
) {
  // Several processes may make films at a time.
  const made = join(directory, `moved-${process.pid}.mkv`);
  for (const name of films) {
    const film = FOOTAGE.films.find(({file}) => file === name);
    const path = filmOf(film, directory);
    const info = await infoOf(path);
    for (const [at, start] of starts.entries())
      for (const label of movements) {
        const speed = speeds[at % speeds.length];
        const filter = `fps=${RATE},${filterFor(label, speed, seconds, window, info)},setsar=1`;
        const make = () => {
          const given = ['-ss', String(start), '-t', String(seconds), '-i', path];
          const written = ['-an', '-c:v', 'libx264', '-crf', '26', '-preset', 'veryfast', made];
          command('ffmpeg', ['-v', 'error', '-y', ...given, '-vf', filter, ...written]);
          return made;
        };
        const frames = await smallFrames(`${film.sha256} ${start} ${seconds} ${filter}`, make, directory);
        yield {film: name, start, speed, label, frames};
      }
  }
}
