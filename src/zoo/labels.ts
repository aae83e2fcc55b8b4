/**
 * The names of the classes of the data sets that the networks are trained on, in the order of their answers. Files of
 * the package, checked before use; models/README.md says where they come from and how their order was checked.
 */
import {FormatError, InvalidArgumentError} from '../util/errors';
import {parseLabels} from './described';
import {ownPackageRoot, type ReadFile, readCatalogFile} from './files';
import {LABELS, type LabelFile, type LabelSet} from './rows';

export interface LabelOptions {
  /** Reads a file of the package by its URL. */
  readonly readFile: ReadFile;
  /** Where the models folder of the package is found. Default: the package itself; needed in a bundled page. */
  readonly packageRoot?: URL | string;
}

/**
 * The names of the classes of a data set.
 *
 * @returns as many names as the data set has classes, in the order of the outputs of networks trained on it
 * @throws InvalidArgumentError for an unknown set; UnavailableError when the file cannot be read; FormatError when it is
 *   not the one that was published
 *
 * ```ts
 * const names = await loadLabels('kinetics400', {readFile: (path) => readFile(path)});
 * ```
 */
export async function loadLabels(set: LabelSet, options: LabelOptions): Promise<readonly string[]> {
  if (Object.hasOwn(LABELS, set)) return readLabelFile(LABELS[set], options);
  throw new InvalidArgumentError(
    `loadLabels: no labels are called ${JSON.stringify(set)}; known are ${Object.keys(LABELS).join(', ')}.`,
  );
}

/** The names in a file of the package. */
export async function readLabelFile(file: LabelFile, options: LabelOptions): Promise<readonly string[]> {
  const root = options.packageRoot ?? ownPackageRoot(import.meta.url);
  const labels = parseLabels(new TextDecoder().decode(await readCatalogFile(options.readFile, file, root)));
  if (labels?.length === file.count) return labels;
  throw new FormatError(`loadModel: ${file.path} is no list of ${file.count} names.`);
}
