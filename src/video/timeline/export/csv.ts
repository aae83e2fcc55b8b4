/**
 * Comma-separated values of RFC 4180: a row for each shot, then one for each label of each segment, told apart by the first
 * column. For spreadsheets, so no cell begins as a formula does.
 */
import type {Timeline} from '../timeline';
import {short} from './text';

const COLUMNS = [
  'kind',
  'number',
  'start',
  'end',
  'start_frame',
  'end_frame',
  'transition',
  'confidence',
  'shot',
  'label',
  'score',
  'camera',
  'camera_score',
] as const;

type Row = Partial<Record<(typeof COLUMNS)[number], string | number>>;

/** Seconds to the microsecond. */
const seconds = (value: number) => short(value, 6);

/** @returns the table as text, lines ended by CR LF */
export function csv({shots, segments}: Timeline): string {
  const rows: Row[] = [
    ...shots.map(({startFrame, endFrame, start, end, transition, confidence, camera}, i) => ({
      kind: 'shot',
      number: i + 1,
      start: seconds(start),
      end: seconds(end),
      start_frame: startFrame,
      end_frame: endFrame,
      transition,
      confidence: short(confidence, 4),
      ...(camera && {camera: camera.label, camera_score: short(camera.score, 4)}),
    })),
    ...segments.flatMap(({start, end, shot, labels}, i) => {
      const span = {kind: 'segment', number: i + 1, start: seconds(start), end: seconds(end)};
      const where = {...span, ...(shot !== undefined && {shot: shot + 1})};
      const named = labels.map(({label, score}) => ({...where, label, score: short(score, 4)}));
      return named.length > 0 ? named : [where];
    }),
  ];
  const lines = [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => cell(row[column] ?? '')))];
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** Quoted where it has to be. A spreadsheet would run what begins with one of `=+-@`; an apostrophe makes it text. */
function cell(value: string | number): string {
  const isFormula = /^[=+\-@\t\r]/.test(String(value)) && Number.isNaN(Number(value));
  const text = isFormula ? `'${value}` : String(value);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
