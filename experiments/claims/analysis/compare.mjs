/**
 * From the table of runs to the comparisons of the protocol. The unit is the image checkpoint: its seeds are averaged first. A form
 * whose runs are not all there has figures, but no comparison is judged.
 */
import {ARMS, plannedRuns} from '../plan.mjs';
import {protocolDigest} from '../protocol.mjs';
import {dealingTest, mean, pairedT, signFlipTest, variance, welchT} from './statistics.mjs';

const MEASURES = ['joint', 'motion', 'thing'];

/** What is compared, each as `one` less `other`. The first is claim 1, the second claim 2; the others say what it comes from. */
export const COMPARISONS = [
  {name: 'claim 1: image start', one: 'image-plain', other: 'scratch-plain', paired: false},
  {name: 'claim 2: STS after the image stage', one: 'image-sts', other: 'image-plain', paired: true},
  {name: 'control: the lines', one: 'image-sts', other: 'image-centre', paired: true},
  {name: 'control: fewer taps in time', one: 'image-centre', other: 'image-plain', paired: true},
  {name: 'control: image start with STS', one: 'image-sts', other: 'scratch-sts', paired: false},
];

/** Two-sided; of the two claims the smaller p is compared with half of it (Holm). */
export const LEVEL = 0.05;

/**
 * @param protocol of protocol.mjs
 * @param lines of the table of runs; those of other protocols are not counted
 * @returns for each form: how many of its runs are there, means of each arm, and, when all are there, the comparisons
 */
export function analyse(protocol, lines) {
  const digest = protocolDigest(protocol);
  const made = new Map(lines.filter((line) => line.protocol === digest).map((line) => [line.id, line]));
  return Object.keys(protocol.forms).map((form) => {
    const planned = plannedRuns(protocol, [form]);
    const done = planned.filter(({id}) => made.has(id));
    const units = unitsOf(done.map(({id}) => made.get(id)));
    const complete = done.length === planned.length;
    return {
      form,
      done: done.length,
      planned: planned.length,
      complete,
      arms: ARMS.map(({name}) => summary(name, units[name] ?? [])),
      comparisons: complete ? judged(COMPARISONS.map((comparison) => compared(comparison, units))) : [],
    };
  });
}

/** Arm to checkpoints in order, each with the means over its seeds. */
function unitsOf(lines) {
  const units = {};
  for (const {name} of ARMS) {
    const ofArm = lines.filter(({arm}) => arm === name);
    const checkpoints = [...new Set(ofArm.map(({checkpoint}) => checkpoint))].sort(
      (one, other) => one - other,
    );
    units[name] = checkpoints.map((checkpoint) => {
      const runs = ofArm.filter((line) => line.checkpoint === checkpoint);
      return {
        checkpoint,
        runs: runs.length,
        ...Object.fromEntries(MEASURES.map((measure) => [measure, mean(runs.map((line) => line[measure]))])),
      };
    });
  }
  return units;
}

function summary(name, units) {
  const figures = MEASURES.map((measure) => {
    const values = units.map((unit) => unit[measure]);
    const spread = values.length > 1 ? Math.sqrt(variance(values)) : undefined;
    return [measure, values.length === 0 ? undefined : {mean: mean(values), spread}];
  });
  return {
    name,
    units: units.length,
    runs: units.reduce((sum, {runs}) => sum + runs, 0),
    values: units.map(({joint}) => joint),
    ...Object.fromEntries(figures),
  };
}

function compared({name, one, other, paired}, units) {
  const results = MEASURES.map((measure) => {
    const [first, second] = [one, other].map((arm) => units[arm].map((unit) => unit[measure]));
    if (!paired) return [measure, {...welchT(first, second), permutation: dealingTest(first, second)}];
    const differences = first.map((value, at) => value - second[at]);
    return [measure, {...pairedT(differences), permutation: signFlipTest(differences), differences}];
  });
  return {name, one, other, paired, ...Object.fromEntries(results)};
}

/** The verdicts: of both claims by the exact test of joint accuracy, Holm's correction; of controls none, they explain. */
function judged(comparisons) {
  const claims = comparisons
    .slice(0, 2)
    .sort((one, other) => one.joint.permutation - other.joint.permutation);
  const holds = claims.map(({joint}, rank) => joint.permutation <= LEVEL / (claims.length - rank));
  return comparisons.map((comparison) => {
    const rank = claims.indexOf(comparison);
    if (rank < 0) return comparison;
    const isShown = holds.slice(0, rank + 1).every(Boolean);
    const verdict = !isShown ? 'open' : comparison.joint.mean > 0 ? 'better' : 'worse';
    return {...comparison, verdict};
  });
}
