/** Sizes that the module and its plans agree on. */

/**
 * Output rows whose taps are expanded at a time: whole tiles of 4 or 6, so few that pointers and gathered rows stay in the L2 cache, and
 * one block for two tiles of each of the 7 x 7 positions in which many networks end.
 */
export const BLOCK = 108;

/** Products that are summed before the sums go back to memory: 8 columns of so many weights fill 8 kB of L1. */
export const DEPTH = 256;

/**
 * Below this many input channels a group, several taps of a row are multiplied as one: the inner loop over one tap would be
 * too short.
 */
export const GATHER_BELOW = 32;

/** Values of a weight that are updated, or whose squares are summed, at a time: a sum is the same whoever makes it. Also of what is set to zero. */
export const CHUNK = 1024;
