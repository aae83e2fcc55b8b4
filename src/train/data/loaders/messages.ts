/** What the process of a data set and its loader processes say to each other. Plain data. */
import type {ByteClip} from '../../augment';
import type {FileItem, Place, Reading, Unreadable} from '../reading/items';

/** A clip that is to be read. */
export interface Order {
  readonly id: number;
  readonly item: FileItem;
  readonly place: Place;
  readonly reading: Reading;
}

/** To a loader: read something; or leave an order, which is answered all the same. */
export type ToLoader = Order | {readonly leave: number};

/** From a loader: one for each order. */
export interface FromLoader {
  readonly id: number;
  readonly result?: ByteClip | Unreadable;
  /** What went wrong other than with the item. */
  readonly error?: unknown;
}
