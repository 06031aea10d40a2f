// The arithmetic of tallies, the same as in the published summary.

/** How many answered. */
export function answers(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Mean step, counted from 1; `null` when nobody answered. */
export function average(counts: readonly number[]): number | null {
  const total = answers(counts);
  if (total === 0) return null;
  return counts.reduce((sum, count, step) => sum + count * (step + 1), 0) / total;
}

/** Standard deviation of the steps: how mixed the answers are. `null` when nobody answered. */
export function spread(counts: readonly number[]): number | null {
  const mean = average(counts);
  if (mean === null) return null;
  const squares = counts.reduce((sum, count, step) => sum + count * (step + 1 - mean) ** 2, 0);
  return Math.sqrt(squares / answers(counts));
}

/** To one decimal, halves away from zero; never minus zero. */
export function tenth(value: number): number {
  return (Math.sign(value) * Math.round(Math.abs(value) * 10)) / 10 || 0;
}

/** A count as it may be kept: a whole number from 0 to 9999. */
export function asCount(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.min(9999, Math.trunc(value))) : 0;
}
