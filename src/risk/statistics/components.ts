import { EigenvalueDecomposition } from "ml-matrix";

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
