/** What the thread of a data set and its loader threads say to each other. */
import type {ByteClip} from '../../augment';
import type {FileItem, Place, Reading, Unreadable} from '../reading/items';

/** What a loader thread is started with. */
export interface LoaderData {
  readonly reading: Reading;
}

/** To a loader: read an item; or stop whatever is read and end. */
export type ToLoader = {readonly id: number; readonly item: FileItem; readonly place: Place} | 'end';

/** From a loader. */
export interface FromLoader {
  readonly id: number;
  readonly result?: ByteClip | Unreadable;
  /** What went wrong other than with the item. */
  readonly error?: unknown;
}
