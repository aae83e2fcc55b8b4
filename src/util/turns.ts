/** Long work gives way between two pieces of it. */

/**
 * Done when timers, signals, input and rendering had their turn: work whose promises are all kept already would keep them
 * waiting.
 */
export function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
