/** A timeline as JSON, with a line for each shot and segment. Reading is in read_timeline.ts. */
import type {Segment, Timeline} from '../timeline';

/** @returns the file as text */
export function json({version, video, model, shots, segments}: Timeline): string {
  const lines = (values: readonly object[]) =>
    values.length === 0
      ? '[]'
      : `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(',\n')}\n  ]`;
  const fields = [
    `"version": ${version}`,
    `"video": ${JSON.stringify(video)}`,
    ...(model === undefined ? [] : [`"model": ${JSON.stringify(model)}`]),
    `"shots": ${lines(shots)}`,
    `"segments": ${lines(segments.map(inSinglePrecision))}`,
  ];
  return `{\n${fields.map((field) => `  ${field}`).join(',\n')}\n}\n`;
}

/** Features come from numbers of 32 bits; nine digits tell them all apart, and the doubles that they became have seventeen. */
function inSinglePrecision(segment: Segment): Segment {
  const {features} = segment;
  if (features === undefined) return segment;
  return {...segment, features: features.map((value) => Number(Math.fround(value).toPrecision(9)))};
}
