/** Reads items in the order in which they are asked for, so many at a time: those of one process, of a loader's or the caller's. Node only. */
import type {ByteClip} from '../../augment';
import type {FileItem, Place, Reading, Unreadable} from '../reading/items';
import {readItem} from '../reading/read_item';

/** One is augmented while ffmpeg works on the other. */
const CLIPS_AT_A_TIME = 2;

export class ItemReader {
  private active = 0;
  private readonly waiting: (() => void)[] = [];

  /** @throws the reason of the signal, once it is aborted */
  async read(
    item: FileItem,
    place: Place,
    reading: Reading,
    signal: AbortSignal,
  ): Promise<ByteClip | Unreadable> {
    // Whoever ends hands its place on.
    if (this.active >= CLIPS_AT_A_TIME) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.active++;
    try {
      signal.throwIfAborted();
      return await readItem(item, place, reading, signal);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.active--;
      else next();
    }
  }
}
