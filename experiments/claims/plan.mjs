/**
 * All runs of a protocol in the order in which they are made: checkpoint by checkpoint, all arms of one before the next, so that an
 * unfinished experiment has whole pairs. Plain data.
 */

/**
 * The arms. `start`: weights of the image stage, or random ones; `convolution`: what stands in the place of the convolutions in time.
 * `all`: on every checkpoint and seed; else on as many random starts as `scratch` of the protocol says.
 */
export const ARMS = [
  {name: 'image-plain', start: 'image', convolution: 'plain', all: true},
  {name: 'image-sts', start: 'image', convolution: 'sts', all: true},
  {name: 'image-centre', start: 'image', convolution: 'centre', all: true},
  {name: 'scratch-plain', start: 'random', convolution: 'plain', all: false},
  {name: 'scratch-sts', start: 'random', convolution: 'sts', all: false},
];

/** An image stage or a fine-tuning. Seeds of different units have nothing to do with one another. */
export function plannedRuns({forms, checkpoints, seeds, scratch, firstSeeds}, only = Object.keys(forms)) {
  const names = Object.keys(forms);
  return only.flatMap((form) => {
    if (!names.includes(form)) throw new Error(`There is no form ${form}; there are ${names.join(', ')}.`);
    const base = 1000 * names.indexOf(form);
    return Array.from({length: checkpoints}, (_, checkpoint) => {
      const imageSeed = firstSeeds.image + base + checkpoint;
      const common = {form, checkpoint, imageSeed};
      const image = {...common, kind: 'image', id: `${form}-c${checkpoint}-image`};
      const tunings = Array.from({length: seeds}, (_, seed) =>
        ARMS.filter(({all}) => all || (seed === 0 && checkpoint < scratch)).map((arm) => ({
          ...common,
          kind: 'video',
          arm: arm.name,
          seed,
          // The arms of a pair see the same clips in the same order.
          videoSeed: firstSeeds.video + base + 10 * checkpoint + seed,
          id: `${form}-c${checkpoint}-s${seed}-${arm.name}`,
        })),
      );
      return [image, ...tunings.flat()];
    }).flat();
  });
}

/**
 * Whether a run is to be made: it is missing, or it is an image stage whose file was lost and from which a missing run starts.
 *
 * @param runs all that are planned
 * @param made ids of those that are in the table
 * @param hasFile tells whether the weights of an image stage are there
 */
export function isToMake(run, runs, made, hasFile) {
  if (!made.has(run.id)) return true;
  return (
    run.kind === 'image' && !hasFile(run) && runs.some((one) => startsFrom(one, run) && !made.has(one.id))
  );
}

const startsFrom = ({form, checkpoint, arm}, image) =>
  form === image.form &&
  checkpoint === image.checkpoint &&
  ARMS.some(({name, start}) => name === arm && start === 'image');

/**
 * Seconds of processor time that `runs` will take: each as long as the mean of those of its form and kind in the table, of a form that
 * has none as those of the others (then `borrowed` is true). NaN if the table has none of a kind.
 */
export function expectedTime(runs, lines) {
  let borrowed = false;
  const each = runs.map(({form, kind}) => {
    const ofKind = lines.filter((line) => line.kind === kind);
    const ofForm = ofKind.filter((line) => line.form === form);
    borrowed ||= ofForm.length === 0;
    const known = ofForm.length === 0 ? ofKind : ofForm;
    return known.reduce((sum, {seconds}) => sum + seconds, 0) / known.length;
  });
  return {seconds: each.reduce((sum, value) => sum + value, 0), borrowed};
}
