/** How many of what there are, as people write it. */
import {grouped} from './table';

/** `1 shot`, `1,200 shots`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : several}`;
}
