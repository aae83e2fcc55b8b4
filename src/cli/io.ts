/** What the command line may touch of the process that it runs in, so that a test can hand it something else. */

export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Results go here, and nothing else. */
  readonly stdout: {write(text: string): unknown};
  /** Progress, remarks and errors. */
  readonly stderr: {write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number};
  /** Aborts when the process is told to end, from the call on; its reason says which exit code that has. */
  interruption(): AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Version of the package, read when it is asked for. */
  version(): string;
}
