/** What this machine has to compute on, and how many threads of it are taken where nobody says. */

/** Beyond them nobody has measured a gain. */
const MOST_BY_ITSELF = 8;

/** Undefined where nobody says. */
export function coresHere(): number | undefined {
  const os = globalThis.process?.getBuiltinModule?.('node:os');
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency;
}

/** @param spare cores that are left to others */
export function threadsByDefault(spare = 0): number {
  if (isAddressSpaceLimited()) return 1;
  return Math.max(1, Math.min((coresHere() ?? 1) - spare, MOST_BY_ITSELF));
}

/**
 * Whether Linux gives the process so much and no more (`ulimit -v`), as clusters do. The wasm backend's build reserves what its shared
 * memory may grow to, and what fails for want of that afterwards fails where nobody can catch it.
 */
export function isAddressSpaceLimited(): boolean {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  try {
    return /^Max address space +\d/m.test(fs?.readFileSync('/proc/self/limits', 'latin1') ?? '');
  } catch {
    return false;
  }
}
