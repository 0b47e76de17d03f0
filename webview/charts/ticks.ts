/** Where the axes have their marks. */

/** Seconds that a person counts in. */
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/** Where a time axis has its marks: at most `most` round seconds from 0 to `endSeconds`. */
export function timeTicks(endSeconds: number, most: number): number[] {
  const least = endSeconds / Math.max(1, most);
  const step = STEPS.find((it) => it >= least) ?? Math.ceil(least / 3600) * 3600;
  const ticks: number[] = [];
  for (let nth = 0; nth * step <= endSeconds; nth += 1) ticks.push(nth * step);
  return ticks;
}

/** Where a value axis from `low` to `high` has its marks: at most `most`, at 1, 2 or 5 times a power
 *  of ten, zero among them where the axis has it. */
export function valueTicks(low: number, high: number, most: number): number[] {
  const least = (high - low) / Math.max(1, most - 1);
  if (!(least > 0) || !Number.isFinite(least)) return [];
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((it) => it * power).find((it) => it >= least) ?? 10 * power;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  // Multiples of the step, since adding it up would let rounding errors add up too.
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}
