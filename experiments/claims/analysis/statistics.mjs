/**
 * The arithmetic of the analysis: means, exact permutation tests, t tests and intervals. Plain numbers; held against SciPy's in
 * test/experiments/statistics.test.ts.
 */

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** With n - 1. */
export function variance(values) {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

/** Sums that differ by rounding alone count as equal. */
const atLeast = (value, limit) => value >= limit - 1e-12 * Math.max(1, Math.abs(limit));

/**
 * Two-sided exact test that paired differences are as often above as below zero: of all 2^n ways to choose their signs, the share
 * whose mean is as far from zero as the one seen.
 *
 * @param differences at most 20
 */
export function signFlipTest(differences) {
  const n = differences.length;
  if (n < 1 || n > 20)
    throw new RangeError(`signFlipTest: ${n} differences; from 1 to 20 can be enumerated.`);
  const seen = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  let as = 0;
  for (let signs = 0; signs < 2 ** n; signs++) {
    const sum = differences.reduce((total, value, at) => total + ((signs >> at) & 1 ? -value : value), 0);
    if (atLeast(Math.abs(sum), seen)) as++;
  }
  return as / 2 ** n;
}

/**
 * Two-sided exact test that two independent groups are alike: of all ways to deal their values into groups of these sizes, the share
 * whose means are as far apart as those seen.
 */
export function dealingTest(one, other) {
  const all = [...one, ...other];
  const total = all.reduce((sum, value) => sum + value, 0);
  const apart = (sum) => Math.abs(sum / one.length - (total - sum) / other.length);
  const seen = apart(one.reduce((sum, value) => sum + value, 0));
  let [as, count] = [0, 0];
  const deal = (from, left, sum) => {
    if (left === 0) {
      count++;
      if (atLeast(apart(sum), seen)) as++;
      return;
    }
    for (let at = from; at <= all.length - left; at++) deal(at + 1, left - 1, sum + all[at]);
  };
  deal(0, one.length, 0);
  return as / count;
}

/** Paired t test: mean, 95% interval, p. */
export function pairedT(differences) {
  const centre = mean(differences);
  const error = Math.sqrt(variance(differences) / differences.length);
  return tResult(centre, error, differences.length - 1);
}

/** Welch's t test of two independent groups: difference of means, 95% interval, p. */
export function welchT(one, other) {
  const parts = [one, other].map((values) => ({part: variance(values) / values.length, n: values.length}));
  const squared = parts[0].part + parts[1].part;
  const freedom = squared ** 2 / parts.reduce((sum, {part, n}) => sum + part ** 2 / (n - 1), 0);
  return tResult(mean(one) - mean(other), Math.sqrt(squared), freedom);
}

function tResult(centre, error, freedom) {
  const reach = error * tQuantile(0.975, freedom);
  const p = error === 0 ? (centre === 0 ? 1 : 0) : tTail(Math.abs(centre / error), freedom);
  return {mean: centre, error, freedom, interval: [centre - reach, centre + reach], p};
}

/** Probability that |T| is at least t: the regularized incomplete beta function (Abramowitz and Stegun, 26.7.1). */
export function tTail(t, freedom) {
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** The t below which a share `probability` above 0.5 lies, by halving. */
export function tQuantile(probability, freedom) {
  let [low, high] = [0, 1e4];
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (1 - tTail(middle, freedom) / 2 < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Lanczos' approximation with g = 5 and six terms: relative error below 2e-10. */
function logGamma(x) {
  const terms = [
    76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 1.208650973866179e-3,
    -5.395239384953e-6,
  ];
  const series = terms.reduce((sum, term, at) => sum + term / (x + at + 1), 1.000000000190015);
  const base = x + 5.5;
  return (x + 0.5) * Math.log(base) - base + Math.log((2.5066282746310007 * series) / x);
}

/** By its continued fraction (Abramowitz and Stegun, 26.5.8), evaluated by Lentz's method. */
function incompleteBeta(x, a, b) {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  const tiny = 1e-300;
  const safe = (value) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / safe(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const term of [even, odd]) {
      d = 1 / safe(1 + term * d);
      c = safe(1 + term / c);
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return (front * fraction) / a;
}

/** The quantile of the normal distribution that 95% lie within. */
const WITHIN = 1.959963984540054;

/**
 * The interval of 95% for a share (Wilson 1927, as scipy's `proportion_ci(method='wilson')`).
 *
 * @returns `[low, high]`
 */
export function shareInterval(right, all) {
  const z = WITHIN;
  const share = right / all;
  const middle = (share + (z * z) / (2 * all)) / (1 + (z * z) / all);
  const half = (z / (1 + (z * z) / all)) * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all));
  return [middle - half, middle + half];
}
