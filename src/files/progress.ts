/** What a user is told of the progress of a load. */

export type Progress = (fraction: number) => void;

/**
 * Passes on what is more than before and less than 1: a download that begins anew does not go back, and a model is not
 * ready when its bytes are.
 */
export function increasing(report: Progress | undefined): Progress {
  let last = 0;
  return (fraction) => {
    if (fraction <= last || fraction >= 1) return;
    last = fraction;
    report?.(fraction);
  };
}
