/**
 * What a model file may say of its own input and classes: in the metadata of a .safetensors file or in the
 * userDefinedMetadata of a model.json, under the keys frames, interval, size, crop, mean, std, classes, labels, output.
 * Written and read.
 */
import type {OutputKind} from '../../../layers';
import {FormatError} from '../../../util/errors';
import type {ModelInfo, ModelInput} from '../model_info';

export interface Described {
  readonly input: Partial<ModelInput>;
  readonly classes?: number;
  /** Empty where the classes are known to have no names. */
  readonly labels?: readonly string[];
  readonly output?: OutputKind;
}

/** What is written of a model. */
export interface ModelDescription extends Partial<Omit<ModelInfo, 'name'>> {
  readonly classes?: number | undefined;
  /** Which model of the table it is. */
  readonly model?: string;
  /** The layers, of what is no network of the registry. */
  readonly topology?: unknown;
}

/**
 * What a model file says of its model, for the metadata of a .safetensors or an ONNX file: `info` of `loadModel` as texts,
 * JSON but for what is a text anyway. Not its name, which is where it came from.
 *
 * ```ts
 * const bytes = await toOnnx(model, {metadata: modelMetadata(info)});
 * ```
 */
export function modelMetadata(
  description: ModelDescription & {readonly name?: string},
): Record<string, string> {
  const {name, ...rest} = description;
  const said = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(
    said.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

const isLength = (value: number) => Number.isInteger(value) && value >= 1;
const isPositive = (value: number) => Number.isFinite(value) && value > 0;

const LENGTH = 'it must be a whole number of at least 1';

/**
 * @param metadata numbers as numbers or as text; lists as lists or as their JSON (safetensors holds only text)
 * @param path for errors
 * @throws FormatError for a value that is there and makes no sense
 */
export function parseDescription(metadata: ReadonlyMap<string, unknown>, path: string): Described {
  const refuse = (key: string, needed: string): never => {
    throw new FormatError(
      `loadModel: ${path} says ${key} ${JSON.stringify(metadata.get(key))} in its metadata; ${needed}.`,
    );
  };
  /** A number, or a list of `count`. */
  const numbers = (key: string, accept: (value: number) => boolean, needed: string, count = 0) => {
    if (!metadata.has(key)) return {};
    const value = parseJson(metadata.get(key));
    const isFit = (item: unknown) => typeof item === 'number' && accept(item);
    const isList = Array.isArray(value) && value.length === count && count > 0;
    return isFit(value) || (isList && value.every(isFit)) ? {[key]: value} : refuse(key, needed);
  };
  const interval =
    metadata.get('interval') === 'uniform'
      ? {interval: 'uniform' as const}
      : numbers('interval', isLength, `${LENGTH}, or 'uniform'`);
  const input: Partial<ModelInput> = {
    ...numbers('frames', isLength, LENGTH),
    ...interval,
    ...numbers('size', isLength, `${LENGTH}, or two, [height, width]`, 2),
    ...numbers('crop', isLength, `${LENGTH}, or two, [height, width]`, 2),
    ...numbers('mean', Number.isFinite, 'it must be a number, or a list of three', 3),
    ...numbers('std', isPositive, 'it must be a positive number, or a list of three', 3),
  };
  const labels = metadata.has('labels') ? parseLabels(metadata.get('labels')) : undefined;
  if (metadata.has('labels') && labels === undefined) refuse('labels', 'it must be a JSON list of names');
  const output = metadata.get('output');
  if (output !== undefined && output !== 'logits' && output !== 'probabilities')
    return refuse('output', "it must be 'logits' or 'probabilities'");
  return {
    input,
    ...numbers('classes', isLength, LENGTH),
    ...(labels && {labels}),
    ...(output && {output}),
  };
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
