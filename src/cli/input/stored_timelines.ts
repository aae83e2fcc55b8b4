/** Timelines that lie in a folder as JSON, with the features of their segments. */
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {FormatError, InvalidArgumentError, UnavailableError} from '../../util/errors';
import {readTimeline, type Segment, type Timeline} from '../../video/timeline';
import {readUserFile} from './user_files';

/** A segment with features, and where it is from. */
export interface StoredSegment extends Omit<Segment, 'features'> {
  readonly features: readonly number[];
  /** The file of its timeline. */
  readonly file: string;
  /** What that calls the film. */
  readonly video: string;
}

/** The segments of a folder. */
export interface StoredSegments {
  readonly segments: readonly StoredSegment[];
  /** The model that the features are from. */
  readonly model: string;
  /** JSON files that are no timelines, or have no features. */
  readonly others: readonly string[];
}

/**
 * Reads the timelines of a folder and of those within it. What else lies there is left alone.
 *
 * @throws InvalidArgumentError for no folder, no features, or features of more than one model
 */
export async function storedSegments(folder: string): Promise<StoredSegments> {
  const segments: StoredSegment[] = [];
  const others: string[] = [];
  const models = new Map<string, string>();
  for (const file of await jsonFiles(folder)) {
    const timeline = await timelineOf(file);
    const found = (timeline?.segments ?? []).filter(hasFeatures);
    if (timeline?.model === undefined || found.length === 0) {
      others.push(file);
      continue;
    }
    models.set(timeline.model, file);
    segments.push(...found.map((segment) => ({...segment, file, video: timeline.video.name})));
  }
  const [first, second] = models;
  if (first === undefined) {
    throw new InvalidArgumentError(
      `there is no timeline with features in '${folder}'; make some: tfjs-sts analyze FILM --features -o '${join(folder, 'FILM.json')}'`,
    );
  }
  if (second !== undefined) {
    throw new InvalidArgumentError(
      `'${folder}' has features of two models, ${first[0]} ('${first[1]}') and ${second[0]} ('${second[1]}'), which ` +
        'cannot be compared; keep them in folders of their own',
    );
  }
  return {segments, model: first[0], others};
}

const hasFeatures = (segment: Segment): segment is Segment & {features: readonly number[]} =>
  segment.features !== undefined;

async function jsonFiles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder, {recursive: true});
    return names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new InvalidArgumentError(`no such folder: '${folder}'`);
    if (code === 'ENOTDIR') throw new InvalidArgumentError(`'${folder}' is a file; a folder is needed`);
    throw new UnavailableError(`cannot read '${folder}': ${message}`, {cause: error});
  }
}

async function timelineOf(file: string): Promise<Timeline | undefined> {
  try {
    return readTimeline(new TextDecoder().decode(await readUserFile(file)));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
