/**
 * The folder of a run: `checkpoint.safetensors`, where it stands; `best.safetensors`, the weights that were best in validation;
 * `log.jsonl`, a line for every update and every epoch, and the same for TensorBoard; `report.html`; `log.earlier.jsonl`, of a run before
 * it that came to no checkpoint. Each file is whole at any moment;
 * the logs may be ahead of the checkpoint, and are cut back when the run is taken up. While a process writes them `running` has its number.
 */
import {writeWhole} from '../../files/write_file';
import {type Checkpoint, safetensors} from '../../models/checkpoints';
import {InvalidArgumentError} from '../../util/errors';
import type {Evaluation} from '../evaluation/evaluate';
import {EventFiles, type Scalars} from './event_files';
import type {RunPosition} from './run_state';

const CHECKPOINT = 'checkpoint.safetensors';
const BEST = 'best.safetensors';
const LOG = 'log.jsonl';
const EARLIER_LOG = 'log.earlier.jsonl';
const REPORT = 'report.html';
const LOCK = 'running';

/** A line of the log: an update. */
export interface UpdateLine {
  readonly kind: 'update';
  /** Counted from 1, since the beginning of the run. */
  readonly update: number;
  /** Counted from 0. */
  readonly epoch: number;
  /** Of the epoch, counted from 0. */
  readonly step: number;
  /** Of its batch, as is the accuracy. */
  readonly loss: number;
  readonly accuracy: number;
  readonly learningRate: number;
  /** Absent without clipping. */
  readonly gradientNorm?: number | undefined;
}

/** A line of the log: an epoch that is over. */
export interface EpochLine {
  readonly kind: 'epoch';
  /** Counted from 0. */
  readonly epoch: number;
  /** Means over its samples. */
  readonly loss: number;
  readonly accuracy: number;
  readonly validation?: Evaluation;
}

export type LogLine = UpdateLine | EpochLine;

/** Whether a folder has a run to go on with or weights of one. A log alone is of one that ended before its first checkpoint. */
export async function hasRun(path: string): Promise<boolean> {
  return isOfRun(await namesIn(path));
}

const isOfRun = (names: readonly string[]) => [CHECKPOINT, BEST].some((name) => names.includes(name));

const namesIn = (path: string) =>
  files()
    .readdir(path)
    .catch((): string[] => []);

const files = () => process.getBuiltinModule('node:fs/promises');
const join = (...parts: string[]) => process.getBuiltinModule('node:path').join(...parts);

/** Locks of this process. One with its number that is not among them is of a process that had that number before. */
const held = new Set<string>();

export class RunDirectory {
  private readonly events: EventFiles;
  private isTaken = false;

  constructor(readonly path: string) {
    this.events = new EventFiles(path);
  }

  get checkpointPath(): string {
    return join(this.path, CHECKPOINT);
  }

  /**
   * The checkpoint of a run that is to be taken up, or undefined where none was written yet. What a killed process left half written
   * is removed. Until `release` the folder is this process's.
   *
   * @throws InvalidArgumentError for a folder with a run that is not to be taken up, or that another process writes; UnavailableError
   *   where nothing can be written
   */
  async open(resume: boolean, caller: string): Promise<Checkpoint | undefined> {
    await this.take(caller);
    const present = await namesIn(this.path);
    if (!resume && isOfRun(present)) {
      throw new InvalidArgumentError(
        `${caller}: there is a run in '${this.path}' already; take it up with resume: true, or give another directory.`,
      );
    }
    const halves = present.filter((name) => /^\.(checkpoint|best|log|report|running)\..*\.tmp$/.test(name));
    for (const name of halves) await files().rm(join(this.path, name), {force: true});
    if (!present.includes(CHECKPOINT)) {
      if (!resume) await this.keepLog();
      await this.writeLog([]);
      await this.events.cut({updates: 0, epochs: 0});
      return undefined;
    }
    const bytes = await files().readFile(this.checkpointPath);
    // Not by checkpoints.read, which would bring the readers of all formats along.
    return safetensors.read(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** Of a run that ended before its first checkpoint, such as one that diverged, its log is all that there is. */
  private async keepLog(): Promise<void> {
    const log = join(this.path, LOG);
    const size = await files()
      .stat(log)
      .then((found) => found.size)
      .catch(() => 0);
    if (size > 0) await files().rename(log, join(this.path, EARLIER_LOG));
  }

  async release(): Promise<void> {
    if (!this.isTaken) return;
    this.isTaken = false;
    held.delete(this.lockPath);
    await files().rm(this.lockPath, {force: true});
  }

  private get lockPath(): string {
    return process.getBuiltinModule('node:path').resolve(this.path, LOCK);
  }

  /** Also from a process that is no more. */
  private async take(caller: string): Promise<void> {
    const {lockPath} = this;
    const owner = await files()
      .readFile(lockPath, 'utf8')
      .then(Number, () => undefined);
    if (held.has(lockPath) || (owner !== undefined && owner !== process.pid && isAlive(owner))) {
      throw new InvalidArgumentError(
        `${caller}: process ${owner} writes the run in '${this.path}'; wait for its end or end it. If it does something else, remove '${lockPath}'.`,
      );
    }
    await writeWhole(this.path, LOCK, [new TextEncoder().encode(`${process.pid}\n`)]);
    held.add(lockPath);
    this.isTaken = true;
  }

  async saveCheckpoint(parts: Iterable<Uint8Array>): Promise<void> {
    await writeWhole(this.path, CHECKPOINT, parts);
  }

  async saveBest(parts: Iterable<Uint8Array>): Promise<void> {
    await writeWhole(this.path, BEST, parts);
  }

  async saveReport(page: string): Promise<void> {
    await writeWhole(this.path, REPORT, [new TextEncoder().encode(page)]);
  }

  /** Also for TensorBoard. */
  async log(line: LogLine): Promise<void> {
    await files().appendFile(join(this.path, LOG), `${JSON.stringify(line)}\n`);
    await this.events.append(line.kind === 'update' ? line.update : line.epoch + 1, scalarsOf(line));
  }

  /** The lines of the log so far, one at a time. */
  async *lines(): AsyncGenerator<LogLine, void, void> {
    const file = await files().open(join(this.path, LOG));
    try {
      for await (const line of file.readLines()) yield JSON.parse(line) as LogLine;
    } finally {
      await file.close();
    }
  }

  /** Takes out of the logs what came after a position. The last line may have been cut off by the end of the process. */
  async cutLog({epoch, updates}: RunPosition): Promise<void> {
    const text = await files()
      .readFile(join(this.path, LOG), 'utf8')
      .catch(() => '');
    const complete = text.split('\n').slice(0, -1);
    const isBefore = (line: LogLine) =>
      line.kind === 'update' ? line.update <= updates : line.epoch < epoch;
    await this.writeLog(complete.filter((line) => isBefore(JSON.parse(line) as LogLine)));
    await this.events.cut({updates, epochs: epoch});
  }

  private async writeLog(lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => `${line}\n`).join('');
    await writeWhole(this.path, LOG, [new TextEncoder().encode(text)]);
  }
}

/** Whether there is a process of this number on this machine. */
function isAlive(number: number): boolean {
  // 0 and what is no number would name other processes.
  if (!(number > 0)) return false;
  try {
    return process.kill(number, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The figures of a line as TensorBoard shows them. */
function scalarsOf(line: LogLine): Scalars {
  const {loss, accuracy} = line;
  if (line.kind === 'update') {
    const {learningRate, gradientNorm} = line;
    return {
      'train/loss': loss,
      'train/accuracy': accuracy,
      'train/learning_rate': learningRate,
      ...(gradientNorm !== undefined && {'train/gradient_norm': gradientNorm}),
    };
  }
  const {validation} = line;
  return {
    'epoch/loss': loss,
    'epoch/accuracy': accuracy,
    ...(validation && {
      'validation/loss': validation.loss,
      'validation/top1': validation.top1,
      'validation/top5': validation.top5,
      'validation/mean_class_accuracy': validation.meanClass,
    }),
  };
}
