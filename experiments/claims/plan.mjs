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
