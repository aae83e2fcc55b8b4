/** What became of every weight when a checkpoint was brought into a network, and the sentence about what does not fit. */

import {FormatError} from '../../util/errors';
import type {Checkpoint, Misshapen} from '../checkpoints';

export interface ConversionReport {
  /** Weights of the network that are those of the checkpoint. */
  readonly copied: readonly string[];
  /** Weights of the network that got slices in time. */
  readonly inflated: readonly string[];
  /** Weights of the network that start anew, since the image network has nothing for them. */
  readonly kept: readonly string[];
  /** Tensors of the checkpoint that are left out on purpose, under our names. */
  readonly unused: readonly string[];
  /** Weights of the network that the checkpoint has no tensor for. */
  readonly missing: readonly string[];
  /** Tensors of the checkpoint that the network has no weight for. */
  readonly extra: readonly string[];
  readonly misshapen: readonly Misshapen[];
}

/** A checkpoint that was made for a network of ours. */
export interface ConvertedCheckpoint {
  /** Our names and layout, every tensor made when it is asked for; the metadata are what `loadModel` goes by. */
  readonly checkpoint: Checkpoint;
  /** Name in the network registry. */
  readonly network: string;
  /** Whose names the tensors had. */
  readonly origin: string;
  readonly report: ConversionReport;
}

/** How many names of a kind the sentence has; the report has all. */
const MAX_LISTED = 8;

/** Whether everything has its place. */
export function fits({missing, extra, misshapen}: ConversionReport): boolean {
  return missing.length + extra.length + misshapen.length === 0;
}

/** @throws FormatError that says what does not fit, if anything */
export function requireFit(
  caller: string,
  {network, origin, report}: Omit<ConvertedCheckpoint, 'checkpoint'>,
): void {
  if (fits(report)) return;
  const {missing, extra, misshapen} = report;
  const shape = (lengths: readonly number[]) => `[${lengths.join(', ')}]`;
  const parts = [
    counted('missing', missing),
    counted('extra', extra),
    counted(
      'misshapen',
      misshapen.map(({name, expected, given}) => `${name} needs ${shape(expected)}, given ${shape(given)}`),
    ),
  ];
  throw new FormatError(
    `${caller}: the checkpoint (names of ${origin}) does not fit ${network}: ${parts.join('; ')}. ` +
      'With strict: false nothing is thrown, and the report has all of it.',
  );
}

function counted(what: string, names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).join(', ');
  const more = names.length > MAX_LISTED ? ', ...' : '';
  return `${names.length} ${what}${names.length > 0 ? ` (${shown}${more})` : ''}`;
}
