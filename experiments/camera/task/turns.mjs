/** Which movement a clip is of, and from which drawings the clips of training are taken. */
import {movementNames} from './movements.mjs';

export const STANDS = 'static';
export const GROUPED = 'grouped';

/** Of clips of training: each movement, and the standing camera before groups three times more. */
const TURNS = [...movementNames, ...Array(3).fill(GROUPED)];

/** Of a clip of training a movement, or GROUPED for a standing camera before a group. */
export const turnOf = (index) => TURNS[index % TURNS.length];

/** Of clips of groups: the camera stands in as many as the share says; in the others all movements come by turns. */
export function groupedMovement(index, {standing}) {
  const moving = Math.floor(index * (1 - standing));
  if (Math.floor((index + 1) * (1 - standing)) === moving) return STANDS;
  const movements = movementNames.filter((name) => name !== STANDS);
  return movements[moving % movements.length];
}

/** The numbers of the drawings from which a clip of each movement is taken, and those of groups before a standing camera. */
export function poolsOf({drawings, grouped}) {
  const pools = Object.fromEntries([...movementNames, GROUPED].map((name) => [name, []]));
  for (let index = 0; index < drawings; index++)
    pools[movementNames[index % movementNames.length]].push(index);
  for (let index = 0; index < grouped.drawings; index++) {
    const movement = groupedMovement(index, grouped);
    pools[movement === STANDS ? GROUPED : movement].push(drawings + index);
  }
  return pools;
}
