/** What a run's test says, out of the confusion matrix of all classes. Plain numbers. */

/**
 * @param confusion row: the class, `thing * motions + motion`; column: the answer
 * @param motions how many there are
 * @returns shares of right answers: of thing and motion together, of the motion alone, of the thing alone; and of the motions the
 *   confusion matrix
 */
export function testFigures(confusion, motions) {
  const motionConfusion = Array.from({length: motions}, () => new Array(motions).fill(0));
  let [count, joint, thing] = [0, 0, 0];
  confusion.forEach((row, truth) => {
    row.forEach((samples, answer) => {
      count += samples;
      if (truth === answer) joint += samples;
      if (Math.floor(truth / motions) === Math.floor(answer / motions)) thing += samples;
      motionConfusion[truth % motions][answer % motions] += samples;
    });
  });
  const motion = motionConfusion.reduce((sum, row, at) => sum + row[at], 0);
  return {clips: count, joint: joint / count, motion: motion / count, thing: thing / count, motionConfusion};
}
