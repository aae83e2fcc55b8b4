/** Types of report.mjs, for its test. */
import type {FormAnalysis} from './compare.mjs';

export function reportTable(forms: readonly FormAnalysis[]): string;
export function reportPicture(forms: readonly FormAnalysis[]): string;
