/**
 * The arithmetic of experiments/claims against SciPy 1.17.1, run once on the numbers below: `ttest_1samp(d, 0)`, `ttest_ind(one,
 * other, equal_var=False)` and their `confidence_interval(0.95)`, `permutation_test` of all resamples ('samples' with the mean,
 * two-sided; 'independent' with the absolute difference of means), `2 * t.sf`, `t.ppf`, `binomtest(k, n).proportion_ci(method='wilson')`. Small cases are counted by hand.
 */
import {describe, expect, it} from 'vitest';
import {
  dealingTest,
  mean,
  pairedT,
  shareInterval,
  signFlipTest,
  tQuantile,
  tTail,
  variance,
  welchT,
} from '../../experiments/claims/analysis/statistics.mjs';

const differences = [0.021, -0.004, 0.013, 0.032, 0, 0.008, -0.011, 0.027, 0.019, 0.005];
const one = [0.71, 0.74, 0.69, 0.73, 0.77, 0.7, 0.72, 0.75, 0.68, 0.74];
const other = [0.69, 0.71, 0.74, 0.66, 0.7];
/** Digits in which logGamma is right. */
const DIGITS = 9;

it('means and variances', () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(variance([1, 2, 6])).toBe(7);
});

describe('exact tests', () => {
  it('signs: of eight, two are as far from zero; a tie counts', () => {
    expect(signFlipTest([1, 2, 3])).toBe(2 / 8);
    expect(signFlipTest([1, 1, -1])).toBe(1);
    expect(signFlipTest([0, 0])).toBe(1);
  });

  it("signs: SciPy's", () => {
    expect(signFlipTest(differences)).toBe(0.0390625);
    expect(signFlipTest(differences.map((value) => -value))).toBe(0.0390625);
  });

  it('dealing: of ten ways to deal two and three, one is as far apart; of equal ones all', () => {
    expect(dealingTest([9, 8], [1, 2, 3])).toBeCloseTo(1 / 10, 12);
    expect(dealingTest([4, 4], [4, 4, 4])).toBe(1);
  });

  it("dealing: SciPy's", () => {
    expect(dealingTest(one, other)).toBeCloseTo(0.17515817515817517, DIGITS);
  });

  it('refuses what cannot be enumerated', () => {
    expect(() => signFlipTest([])).toThrow(RangeError);
    expect(() => signFlipTest(new Array(21).fill(1))).toThrow(RangeError);
  });
});

describe('t', () => {
  it.each([
    [0.1, 1, 0.936548965138893],
    [1.3, 4, 0.2634515964712241],
    [2.262, 9, 0.05001284550245463],
    [5.5, 6.3, 0.0012900416087817407],
    [12, 3, 0.0012450158007893362],
  ])('both tails beyond %d at %d degrees of freedom', (t, freedom, p) => {
    expect(tTail(t, freedom)).toBeCloseTo(p, DIGITS);
  });

  it.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 9, 2.262157162798205],
    [0.95, 4.7, 2.043811093013787],
    [0.995, 30, 2.7499956535672254],
  ])('quantile %d at %d degrees of freedom', (share, freedom, t) => {
    expect(tQuantile(share, freedom) / t).toBeCloseTo(1, DIGITS - 1);
  });

  it('paired', () => {
    const {mean: centre, p, interval} = pairedT(differences);
    expect(centre).toBeCloseTo(0.011, 12);
    expect(p).toBeCloseTo(0.033766202336232544, DIGITS);
    expect(interval[0]).toBeCloseTo(0.0010533658675651314, DIGITS);
    expect(interval[1]).toBeCloseTo(0.020946634132434867, DIGITS);
  });

  it("Welch's", () => {
    const {mean: apart, p, interval, freedom} = welchT(one, other);
    expect(apart).toBeCloseTo(0.023, 12);
    expect(freedom).toBeCloseTo(7.880432862969357, DIGITS);
    expect(p).toBeCloseTo(0.18449646622624197, DIGITS);
    expect(interval[0]).toBeCloseTo(-0.013565768683192203, DIGITS);
    expect(interval[1]).toBeCloseTo(0.059565768683192466, DIGITS);
  });
});

it.each([
  [37, 37, 0.9059421741627975, 1],
  [1576, 1800, 0.8595020341621298, 0.8900095115387345],
  [0, 5, 0, 0.43448246478317476],
])('the interval of a share: %d of %d', (right, all, low, high) => {
  const interval = shareInterval(right, all);
  expect(interval[0]).toBeCloseTo(low, 12);
  expect(interval[1]).toBeCloseTo(high, 12);
});
