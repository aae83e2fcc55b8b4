/** The nearest of many feature vectors by their cosine, exactly: every vector is looked at. */
import {checkCount} from '../../../util/counts';
import {InvalidArgumentError} from '../../../util/errors';
import {checkOptions, optionNames} from '../../../util/names';

/** Vectors of one length, one behind the other: `length` values each. */
export interface FeatureMatrix {
  readonly values: Float32Array;
  readonly length: number;
}

export interface FindSimilarOptions {
  /** How many to return; all of them when there are fewer. Default 10. */
  readonly top?: number;
}

/** A vector that was found. */
export interface Similar {
  /** Its place among the features. */
  readonly index: number;
  /** Cosine of the angle between it and the query, -1 to 1. */
  readonly similarity: number;
}

const OPTIONS = optionNames<FindSimilarOptions>({top: true});

/**
 * Finds the vectors that are most like a query: those of the greatest cosine. A vector of zeros is like nothing (0).
 *
 * @param features vectors, as of the segments of timelines; many are searched fastest as a `FeatureMatrix`
 * @param query a vector of their length
 * @returns the most similar first; of equal ones the first first
 * @throws InvalidArgumentError for vectors of different lengths, `top` that is no whole number, or an unknown option
 *
 * ```ts
 * const features = timeline.segments.map((segment) => segment.features);
 * const [same, next] = findSimilar(features, features[0], {top: 2});
 * ```
 */
export function findSimilar(
  features: FeatureMatrix | readonly ArrayLike<number>[],
  query: ArrayLike<number>,
  options: FindSimilarOptions = {},
): Similar[] {
  checkOptions('findSimilar', options, OPTIONS);
  const {top = 10} = options;
  if (query === undefined) {
    throw new InvalidArgumentError(
      'findSimilar: there is no query; segments have features when analyze is called with features: true.',
    );
  }
  checkCount('findSimilar', 'top', top);
  const isMatrix = !Array.isArray(features);
  const {values, length} = isMatrix ? (features as FeatureMatrix) : matrixOf(features, query.length);
  if (query.length !== length || length < 1 || values.length % length !== 0) {
    throw new InvalidArgumentError(
      `findSimilar: a query of ${query.length} values for ${values.length} values in vectors of ${length}; vectors and query ` +
        'must have one length, as features of one model have.',
    );
  }
  const wanted = Float32Array.from(query);
  const norm = Math.sqrt(wanted.reduce((sum, value) => sum + value * value, 0));
  return largest(cosines(values, wanted), norm, top);
}

function matrixOf(vectors: readonly ArrayLike<number>[], length: number): FeatureMatrix {
  const values = new Float32Array(vectors.length * length);
  vectors.forEach((vector: ArrayLike<number> | undefined, i) => {
    if (vector === undefined) {
      throw new InvalidArgumentError(
        `findSimilar: vector ${i} is missing; segments have features when analyze is called with features: true.`,
      );
    }
    if (vector.length !== length) {
      throw new InvalidArgumentError(
        `findSimilar: vector ${i} has ${vector.length} values and the query ${length}; all must have one length, as features of ` +
          'one model have.',
      );
    }
    values.set(vector, i * length);
  });
  return {values, length};
}

/** For each row its product with the query over its own length. */
function cosines(values: Float32Array, query: Float32Array): Float64Array {
  const {length} = query;
  const result = new Float64Array(values.length / length);
  const whole = result.length - (result.length % 4);
  // Four rows at once share a load of the query and do not wait for each other's sums.
  for (let row = 0; row < whole; row += 4) {
    const first = row * length;
    const second = first + length;
    const third = second + length;
    const fourth = third + length;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let aa = 0;
    let bb = 0;
    let cc = 0;
    let dd = 0;
    for (let i = 0; i < length; i++) {
      const q = query[i]!;
      const w = values[first + i]!;
      const x = values[second + i]!;
      const y = values[third + i]!;
      const z = values[fourth + i]!;
      a += w * q;
      b += x * q;
      c += y * q;
      d += z * q;
      aa += w * w;
      bb += x * x;
      cc += y * y;
      dd += z * z;
    }
    result[row] = over(a, aa);
    result[row + 1] = over(b, bb);
    result[row + 2] = over(c, cc);
    result[row + 3] = over(d, dd);
  }
  for (let row = whole; row < result.length; row++) {
    let [a, aa] = [0, 0];
    for (let i = 0; i < length; i++) {
      const value = values[row * length + i]!;
      a += value * query[i]!;
      aa += value * value;
    }
    result[row] = over(a, aa);
  }
  return result;
}

const over = (product: number, square: number) => (square > 0 ? product / Math.sqrt(square) : 0);

/** The `top` largest, kept in order as they are met: most rows only fail against the last of them. */
function largest(values: Float64Array, norm: number, top: number): Similar[] {
  const best: {index: number; value: number}[] = [];
  values.forEach((value, index) => {
    if (best.length === top && !(value > best.at(-1)!.value)) return;
    let place = best.length;
    while (place > 0 && best[place - 1]!.value < value) place--;
    best.splice(place, 0, {index, value});
    if (best.length > top) best.pop();
  });
  return best.map(({index, value}) => ({
    index,
    similarity: norm > 0 ? Math.min(1, Math.max(-1, value / norm)) : 0,
  }));
}
