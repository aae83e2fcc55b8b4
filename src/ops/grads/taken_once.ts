/**
 * Gradients that are taken once, as in training, need less: ReLU's may save what it gives, which the next layer keeps too, and its
 * input goes. Gradients of gradients find no way through what is saved of a result (the host's tape has none to it), so that others
 * save inputs.
 */
let depth = 0;

/** Runs synchronous work of which nobody takes gradients of gradients. */
export function takenOnce<T>(work: () => T): T {
  depth++;
  try {
    return work();
  } finally {
    depth--;
  }
}

/** Whether such work is going on. */
export const isTakenOnce = () => depth > 0;
