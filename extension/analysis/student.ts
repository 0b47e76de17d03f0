/**
 * Quantiles of Student's t distribution, from a table: exact to its digits, and the same on every
 * machine, which a library's transcendental functions need not be.
 */

/** 97.5% quantiles for 1 to 30 degrees of freedom (any statistics textbook's table). */
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];

/** The normal distribution's 97.5% quantile. */
export const normal975 = 1.95996;

/**
 * The two-sided 95% quantile of Student's t.
 * @param degrees of freedom; fractions are rounded down, values below 1 count as 1
 */
export function student975(degrees: number): number {
  const index = Math.max(1, Math.floor(degrees));
  // Beyond the table, the first term of the Cornish-Fisher expansion: (z^3 + z) / 4 = 2.37.
  return quantiles[index - 1] ?? normal975 + 2.37 / index;
}
