/**
 * The names of the classes of the data sets that the networks are trained on, in the order of their answers. Files of
 * the package, checked before use; models/README.md says where they come from and how their order was checked.
 */

import {FILE_OPTIONS, type FileOptions, Files} from '../../files/files';
import {FormatError, InvalidArgumentError} from '../../util/errors';
import {checkOptions, knownNames} from '../../util/names';
import {LABELS, type LabelFile, type LabelSet} from './label_sets';
import {parseLabels} from './model_files/metadata';

/** How the file of the names is read. */
export type LabelOptions = FileOptions;

/**
 * The names of the classes of a data set.
 *
 * @returns as many names as the data set has classes, in the order of the outputs of networks trained on it
 * @throws InvalidArgumentError for an unknown set; UnavailableError when the file cannot be read; FormatError when it is
 *   not the one that was published
 *
 * ```ts
 * const names = await loadLabels('kinetics400');
 * ```
 */
export async function loadLabels(set: LabelSet, options: LabelOptions = {}): Promise<readonly string[]> {
  checkOptions('loadLabels', options, FILE_OPTIONS);
  if (Object.hasOwn(LABELS, set)) return readLabelFile(LABELS[set], new Files(options, 'loadLabels'));
  const known = Object.keys(LABELS);
  throw new InvalidArgumentError(
    `loadLabels: no labels are called ${JSON.stringify(set)}${knownNames(String(set), known)}.`,
  );
}

/** The names in a file of the package. */
export async function readLabelFile(file: LabelFile, files: Files): Promise<readonly string[]> {
  const labels = parseLabels(new TextDecoder().decode(await files.readPackaged(file)));
  if (labels?.length === file.count) return labels;
  throw new FormatError(`${files.caller}: ${file.path} is no list of ${file.count} names.`);
}
