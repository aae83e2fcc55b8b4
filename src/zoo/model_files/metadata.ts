/**
 * What a model file may say of its own input and classes: in the metadata of a .safetensors file or in the
 * userDefinedMetadata of a model.json, under the keys frames, interval, size, crop, mean, std, classes, labels, output.
 * Parsing only.
 */
import type {OutputKind} from '../../layers';
import {FormatError} from '../../util/errors';
import type {ModelInput} from '../rows';

export interface Described {
  readonly input: Partial<ModelInput>;
  readonly classes?: number;
  /** Empty where the classes are known to have no names. */
  readonly labels?: readonly string[];
  readonly output?: OutputKind;
}

const LENGTHS = ['frames', 'size', 'crop'] as const;

const isLength = (value: number) => Number.isInteger(value) && value >= 1;

/**
 * @param metadata numbers as numbers or as text; labels, and mean and std by channel, as a list or as its JSON
 *   (safetensors holds only text)
 * @param path for errors
 * @throws FormatError for a value that is there and makes no sense
 */
export function parseDescription(metadata: ReadonlyMap<string, unknown>, path: string): Described {
  const refuse = (key: string, needed: string): never => {
    throw new FormatError(
      `loadModel: ${path} says ${key} ${JSON.stringify(metadata.get(key))} in its metadata; ${needed}.`,
    );
  };
  const read = (key: string, accept: (value: number) => boolean, needed: string) => {
    if (!metadata.has(key)) return {};
    const text = metadata.get(key);
    const value = typeof text === 'string' && text.trim() !== '' ? Number(text) : text;
    return typeof value === 'number' && accept(value) ? {[key]: value} : refuse(key, needed);
  };
  const channels = (key: string, accept: (value: number) => boolean, needed: string) => {
    const list = parseJson(metadata.get(key));
    if (!Array.isArray(list)) return read(key, accept, needed);
    const isTriple = list.length === 3 && list.every((value) => typeof value === 'number' && accept(value));
    return isTriple ? {[key]: list} : refuse(key, needed);
  };
  const length = (key: string) => read(key, isLength, 'it must be a whole number of at least 1');
  const interval =
    metadata.get('interval') === 'uniform'
      ? {interval: 'uniform' as const}
      : read('interval', isLength, "it must be a whole number of at least 1, or 'uniform'");
  const input: Partial<ModelInput> = {
    ...Object.assign({}, ...LENGTHS.map(length)),
    ...interval,
    ...channels('mean', Number.isFinite, 'it must be a number, or a list of three'),
    ...channels(
      'std',
      (value) => Number.isFinite(value) && value > 0,
      'it must be a positive number, or a list of three',
    ),
  };
  const labels = metadata.has('labels') ? parseLabels(metadata.get('labels')) : undefined;
  if (metadata.has('labels') && labels === undefined) refuse('labels', 'it must be a JSON list of names');
  const output = metadata.get('output');
  if (output !== undefined && output !== 'logits' && output !== 'probabilities')
    return refuse('output', "it must be 'logits' or 'probabilities'");
  return {input, ...length('classes'), ...(labels && {labels}), ...(output && {output})};
}

/** A list of names, or the JSON of one; undefined for anything else. */
export function parseLabels(value: unknown): readonly string[] | undefined {
  const list = parseJson(value);
  const isNames = Array.isArray(list) && list.every((name) => typeof name === 'string');
  return isNames ? (list as string[]) : undefined;
}

/** What a text is the JSON of, undefined if of nothing; anything but a text is itself. */
function parseJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
