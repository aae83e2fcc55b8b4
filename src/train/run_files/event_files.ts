/**
 * The files that TensorBoard reads, beside a run's log: the same figures as scalars over updates and epochs. Each session of a run
 * has a file of its own, as TensorBoard expects it, to which records are appended. Messages: tensorboard/compat/proto/event.proto
 * and summary.proto.
 */
import {double, type Fields, float, integer, joined, message, readFields, text} from '../../util/protobuf';
import {tfRecord, wholeRecords} from './tf_record';

/** Figures by the name under which TensorBoard shows them; what is in front of the `/` is the group. */
export type Scalars = Readonly<Record<`${Group}/${string}`, number>>;

/** What the steps of a group count, from 1 on. */
const STEPS = {train: 'updates', epoch: 'epochs', validation: 'epochs'} as const;
type Group = keyof typeof STEPS;

/** How far a run has come: steps up to these are of what was. */
export type Reached = Readonly<Record<(typeof STEPS)[Group], number>>;

const EVENT = {wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7} as const;
const SUMMARY_VALUE = 1;
const VALUE = {tag: 1, simpleValue: 2} as const;
/** Field and value that say that a session begins at the event's step: TensorBoard forgets what it has seen of later ones. */
const [SESSION_STATUS, SESSION_START] = [1, 1] as const;

/** TensorBoard takes files with `tfevents` in their name, in the order of their names. */
const OURS = /^events\.out\.tfevents\.(\d{10})\.tfjs-sts$/;

const files = () => process.getBuiltinModule('node:fs/promises');
const join = (...parts: string[]) => process.getBuiltinModule('node:path').join(...parts);

export class EventFiles {
  /** The file of this session, once there is something in it. */
  private current: string | undefined;
  /** The first update of this session. */
  private start = 1;

  constructor(private readonly folder: string) {}

  /**
   * Takes away what earlier sessions wrote after a position, of a run that goes on there; it will be written again. Also what a process
   * that was killed left half written.
   */
  async cut(reached: Reached): Promise<void> {
    this.start = reached.updates + 1;
    for (const name of await this.names()) {
      const path = join(this.folder, name);
      const bytes = await files().readFile(path);
      let end = 0;
      let isEmpty = true;
      for (const record of wholeRecords(bytes)) {
        const event = readEvent(record.data);
        if (event !== undefined && event.step > reached[STEPS[event.group]]) break;
        isEmpty &&= event === undefined;
        end = record.end;
      }
      if (isEmpty) await files().rm(path);
      else if (end < bytes.length) await files().truncate(path, end);
    }
  }

  /** @param step of the group that the scalars are of */
  async append(step: number, scalars: Scalars): Promise<void> {
    const values = Object.entries(scalars).flatMap(([tag, value]) =>
      message(SUMMARY_VALUE, text(VALUE.tag, tag), float(VALUE.simpleValue, value)),
    );
    const record = eventRecord(integer(EVENT.step, step), message(EVENT.summary, values));
    // Together with what a file begins with, so that it is never without.
    const beginning = this.current === undefined ? await this.begin() : [];
    await files().appendFile(this.current!, joined([...beginning, record]));
  }

  private async begin(): Promise<Fields> {
    const last = OURS.exec((await this.names()).at(-1) ?? '')?.[1];
    const seconds = Math.max(Math.floor(Date.now() / 1000), Number(last ?? 0) + 1);
    const name = `events.out.tfevents.${String(seconds).padStart(10, '0')}.tfjs-sts`;
    this.current = join(this.folder, name);
    const version = eventRecord(text(EVENT.fileVersion, 'brain.Event:2'));
    if (last === undefined) return [version];
    const isStart = message(EVENT.sessionLog, integer(SESSION_STATUS, SESSION_START));
    return [version, eventRecord(integer(EVENT.step, this.start), isStart)];
  }

  /** Files of ours in the order of the sessions. */
  private async names(): Promise<string[]> {
    const present = await files().readdir(this.folder);
    return present.filter((name) => OURS.test(name)).sort();
  }
}

const eventRecord = (...fields: Fields[]) =>
  tfRecord(joined([double(EVENT.wallTime, Date.now() / 1000), ...fields].flat()));

/** Group and step of an event that has scalars of ours. */
function readEvent(data: Uint8Array): {group: Group; step: number} | undefined {
  let step = 0;
  let group: string | undefined;
  for (const {field, value} of readFields(data)) {
    if (field === EVENT.step) step = value as number;
    if (field === EVENT.summary) group = groupOf(value as Uint8Array);
  }
  return group === undefined || !(group in STEPS) ? undefined : {group: group as Group, step};
}

/** What is in front of the `/` in the tag of the first value. */
function groupOf(summary: Uint8Array): string | undefined {
  const [first] = readFields(summary);
  if (first === undefined) return undefined;
  for (const {field, value} of readFields(first.value as Uint8Array))
    if (field === VALUE.tag) return new TextDecoder().decode(value as Uint8Array).split('/')[0];
  return undefined;
}
