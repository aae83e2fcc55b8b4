/** The report of a run so far: how it went, and how good the model was in its last validation. */
import type {Evaluation} from '../evaluation/evaluate';
import type {CompleteRecipe} from '../recipes/recipe';
import type {LogLine} from '../run_files/run_directory';
import type {RunPosition} from '../run_files/run_state';
import {short} from './chart';
import {readCurves} from './curves';
import {reportPage} from './page';
import {grouped, percent} from './tables';

/** A run after an epoch. */
export interface ReportedRun {
  /** Of the model. */
  readonly name: string;
  readonly recipe: CompleteRecipe;
  /** Samples and updates of an epoch. */
  readonly size: number;
  readonly steps: number;
  readonly position: RunPosition;
  /** Of the log. */
  readonly lines: AsyncIterable<LogLine>;
  /** The last one of this session, with its worst samples. Those before it are in the log, without. */
  readonly validated: Evaluation | undefined;
}

/**
 * @returns a page of HTML; the same for the same run, whenever and in however many sessions it was made, but for the worst samples
 *     between the beginning of a session and its first validation
 */
export async function runReport(run: ReportedRun): Promise<string> {
  const {name, recipe, size, steps, position} = run;
  const {epoch, updates, best} = position;
  const curves = await readCurves(run.lines, updates, steps);
  const last = curves.epochs.filter(({validation}) => validation !== undefined).at(-1);
  const metrics = run.validated ?? last?.validation;
  const notes = [
    `Epoch ${epoch + 1} of ${recipe.epochs}, ${grouped(updates)} updates · ${grouped(size)} samples an epoch, ` +
      `${recipe.batchSize} an update · ${recipe.optimizer.name}, learning rate ${short(recipe.learningRate)}`,
    ...(last === undefined || last.epoch === epoch
      ? []
      : [`Validation below: after epoch ${last.epoch + 1}`]),
    ...(best === null ? [] : [`Best validation: top-1 ${percent(best.top1)} after epoch ${best.epoch + 1}`]),
  ];
  return reportPage({
    title: `Training of ${name}`,
    notes,
    curves,
    ...(metrics && {metrics}),
    details: {Recipe: recipe},
  });
}
