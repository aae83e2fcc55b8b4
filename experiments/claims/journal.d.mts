/** Types of journal.mjs, for its test. */
export function readLines(path: string): Record<string, unknown>[];
export function appendLine(path: string, line: object): void;
export function takeLock(path: string): (() => void) | undefined;
