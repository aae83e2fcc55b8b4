/**
 * What a function of our WebAssembly module is told: the one description of its calls. A call is a row of 32-bit words in
 * memory, addresses and sizes, in the order of its fields here; `npm run build:wasm` makes the module's classes of it
 * (assembly/calls.ts), so that this folder imports nothing. The module keeps nothing between calls and owns no memory.
 */
import {FILTER_CALLS} from './filters';
import {MINIMAL_FILTERING_CALLS} from './minimal_filtering';
import {PART_CALLS} from './parts';
import {REDUCTION_CALLS} from './reductions';
import {VALUE_CALLS} from './values';

export * from './sizes';

/** Addresses are `usize`; sizes are `i32` and count elements unless the name says bytes. */
export const CALLS = {
  ...PART_CALLS,
  ...FILTER_CALLS,
  ...MINIMAL_FILTERING_CALLS,
  ...REDUCTION_CALLS,
  ...VALUE_CALLS,
} as const satisfies Record<string, Record<string, 'usize' | 'i32' | 'f32'>>;

export type CallName = keyof typeof CALLS;
