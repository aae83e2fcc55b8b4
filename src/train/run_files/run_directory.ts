/**
 * The folder of a run: `checkpoint.safetensors`, where it stands; `best.safetensors`, the weights that were best in validation;
 * `log.jsonl`, a line for every update and every epoch. Each file is whole at any moment; a log may be ahead of the checkpoint, and is
 * cut back when the run is taken up.
 */

import {writeWhole} from '../../files/write_file';
import {type Checkpoint, read} from '../../models/checkpoints';
import {InvalidArgumentError} from '../../util/errors';
import type {RunPosition} from './run_state';

const CHECKPOINT = 'checkpoint.safetensors';
const BEST = 'best.safetensors';
const LOG = 'log.jsonl';

/** A line of the log: of an update or of an epoch. */
export type LogLine = Readonly<Record<string, unknown>> &
  ({readonly kind: 'update'; readonly update: number} | {readonly kind: 'epoch'; readonly epoch: number});

const files = () => process.getBuiltinModule('node:fs/promises');
const join = (...parts: string[]) => process.getBuiltinModule('node:path').join(...parts);

export class RunDirectory {
  constructor(readonly path: string) {}

  get checkpointPath(): string {
    return join(this.path, CHECKPOINT);
  }

  /**
   * The checkpoint of a run that is to be taken up, or undefined where none was written yet. What a killed process left half written
   * is removed.
   *
   * @throws InvalidArgumentError for a folder with a run that is not to be taken up
   */
  async open(resume: boolean, caller: string): Promise<Checkpoint | undefined> {
    const present = await files()
      .readdir(this.path)
      .catch((): string[] => []);
    if (!resume && [CHECKPOINT, LOG].some((name) => present.includes(name))) {
      throw new InvalidArgumentError(
        `${caller}: there is a run in '${this.path}' already; take it up with resume: true, or give another directory.`,
      );
    }
    const halves = present.filter((name) => /^\.(checkpoint|best|log)\..*\.tmp$/.test(name));
    for (const name of halves) await files().rm(join(this.path, name), {force: true});
    if (!present.includes(CHECKPOINT)) {
      await this.writeLog([]);
      return undefined;
    }
    const bytes = await files().readFile(this.checkpointPath);
    return read(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  async saveCheckpoint(parts: Iterable<Uint8Array>): Promise<void> {
    await writeWhole(this.path, CHECKPOINT, parts);
  }

  async saveBest(parts: Iterable<Uint8Array>): Promise<void> {
    await writeWhole(this.path, BEST, parts);
  }

  async log(line: LogLine): Promise<void> {
    await files().appendFile(join(this.path, LOG), `${JSON.stringify(line)}\n`);
  }

  /** Takes out of the log what came after a position. The last line may have been cut off by the end of the process. */
  async cutLog({epoch, updates}: RunPosition): Promise<void> {
    const text = await files()
      .readFile(join(this.path, LOG), 'utf8')
      .catch(() => '');
    const complete = text.split('\n').slice(0, -1);
    const isBefore = (line: LogLine) =>
      line.kind === 'update' ? line.update <= updates : line.epoch < epoch;
    await this.writeLog(complete.filter((line) => isBefore(JSON.parse(line) as LogLine)));
  }

  private async writeLog(lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => `${line}\n`).join('');
    await writeWhole(this.path, LOG, [new TextEncoder().encode(text)]);
  }
}
