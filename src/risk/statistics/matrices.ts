import { EigenvalueDecomposition } from "ml-matrix";

/** A shrunk covariance matrix. */
export interface Shrunk {
  /** δ·target + (1 − δ)·sample. */
  readonly covariance: readonly (readonly number[])[];
  /** δ, the weight of the target, 0 … 1. */
  readonly intensity: number;
  /** Mean of the sample's correlations, which is every correlation of the target. */
  readonly average: number;
}

/**
 * Ledoit–Wolf shrinkage to the constant-correlation matrix: the target has the sample's variances, and for every
 * correlation the mean of the sample's; the intensity δ = max(0, min(1, (π − ρ)/(γ·T))) minimises the expected
 * distance to the true matrix and is estimated from the same data (O. Ledoit, M. Wolf, "Honey, I Shrunk the Sample
 * Covariance Matrix", Journal of Portfolio Management 30, 2004, appendices A and B).
 *
 * @param rows T ≥ 2 observations of N ≥ 1 variables, none constant
 */
export function shrinkCovariance(rows: readonly (readonly number[])[]): Shrunk {
  const T = rows.length;
  const N = rows[0]?.length ?? 0;
  const variables = Array.from({ length: N }, (_, i) => i);
  const means = variables.map((i) => rows.reduce((sum, row) => sum + at(row, i), 0) / T);
  // y[i][t], without its mean.
  const y = variables.map((i) => rows.map((row) => at(row, i) - at(means, i)));
  const meanProduct = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, t) => sum + value * at(b, t), 0) / T;
  const s = y.map((a) => y.map((b) => meanProduct(a, b)));
  const sd = variables.map((i) => Math.sqrt(entry(s, i, i)));
  const pairs = variables.flatMap((i) => variables.filter((j) => j !== i).map((j) => [i, j] as const));
  const average =
    pairs.length === 0
      ? 0
      : pairs.reduce((sum, [i, j]) => sum + entry(s, i, j) / (at(sd, i) * at(sd, j)), 0) / pairs.length;
  const target = variables.map((i) =>
    variables.map((j) => (i === j ? entry(s, i, i) : average * at(sd, i) * at(sd, j))),
  );

  // π: variances of the entries of √T·S. ρ: their covariances with the entries of the target. γ: its distance.
  let pi = 0;
  let rho = 0;
  let gamma = 0;
  for (const i of variables) {
    for (const j of variables) {
      const sij = entry(s, i, j);
      const products = rows.map((_, t) => entry(y, i, t) * entry(y, j, t) - sij);
      const spread = meanProduct(products, products);
      pi += spread;
      gamma += (entry(target, i, j) - sij) * (entry(target, i, j) - sij);
      if (i === j) {
        rho += spread;
        continue;
      }
      const withVariance = (k: number) =>
        rows.reduce((sum, _, t) => {
          const ykt = entry(y, k, t);
          return sum + (ykt * ykt - entry(s, k, k)) * at(products, t);
        }, 0) / T;
      const ratio = at(sd, j) / at(sd, i);
      rho += (average / 2) * (ratio * withVariance(i) + withVariance(j) / ratio);
    }
  }
  const intensity = gamma === 0 ? 1 : Math.max(0, Math.min(1, (pi - rho) / gamma / T));
  const covariance = variables.map((i) =>
    variables.map((j) => intensity * entry(target, i, j) + (1 - intensity) * entry(s, i, j)),
  );
  return { covariance, intensity, average };
}

/** The correlations of a covariance matrix with variances above 0. */
export function correlationOf(covariance: readonly (readonly number[])[]): number[][] {
  const sd = covariance.map((_, i) => Math.sqrt(entry(covariance, i, i)));
  return covariance.map((row, i) => row.map((value, j) => (i === j ? 1 : value / (at(sd, i) * at(sd, j)))));
}

function at(values: readonly number[], i: number): number {
  return values[i] ?? Number.NaN;
}

function entry(matrix: readonly (readonly number[])[], i: number, j: number): number {
  return matrix[i]?.[j] ?? Number.NaN;
}

/**
 * The largest variance of a component that noise alone would have: the edge (1 + √(N/T))² of Marchenko and Pastur, of the variance that
 * the first component leaves (L. Laloux, P. Cizeau, J. Bouchaud, M. Potters, "Noise Dressing of Financial Correlation Matrices",
 * Physical Review Letters 83, 1999).
 * @param first variance of the first component
 */
export function noiseEdge(variables: number, observations: number, first: number): number {
  const edge = 1 + Math.sqrt(variables / observations);
  return edge * edge * Math.max(0, 1 - first / variables);
}

/** A principal component of a correlation matrix. */
export interface Component {
  /** Its variance, an eigenvalue ≥ 0. */
  readonly variance: number;
  /** Unit vector, an eigenvector; its entries sum to 0 or more. */
  readonly direction: readonly number[];
}

/**
 * Principal components of a symmetric matrix, the largest variance first. The decomposition is ml-matrix's
 * (Householder and QL, after EISPACK's tred2 and tql2), which uses + − × ÷ and square roots alone; which of two
 * opposite directions is meant is settled here. A variance that rounding made negative is 0.
 */
export function principalComponents(matrix: readonly (readonly number[])[]): Component[] {
  const decomposed = new EigenvalueDecomposition(
    matrix.map((row) => [...row]),
    { assumeSymmetric: true },
  );
  const vectors = decomposed.eigenvectorMatrix;
  return decomposed.realEigenvalues
    .map((variance, k): Component => {
      const direction = vectors.getColumn(k);
      const sum = direction.reduce((total, value) => total + value, 0);
      return {
        variance: Math.max(0, variance),
        direction: sum < 0 ? direction.map((value) => -value) : direction,
      };
    })
    .sort((a, b) => b.variance - a.variance);
}
