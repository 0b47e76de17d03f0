/** Medians over rounds. All contenders run once in each round, so that a slower minute of the machine
 *  slows them all, and ratios are taken within a round. */
import { median } from 'simple-statistics';

/** One contender's figures, one for each round. */
export type Rounds = readonly number[];

/**
 * Runs every contender once per round, each round in another order.
 * @param rounds how many
 * @param contenders name to measurement
 * @returns name to figures
 */
export async function measureRounds<Name extends string>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Promise<number>>>,
): Promise<ReadonlyMap<string, Rounds>> {
  const figures = new Map<string, number[]>();
  const entries = Object.entries<() => Promise<number>>(contenders);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      const entry = entries[(turn + round) % entries.length];
      if (entry === undefined) continue;
      const [name, measure] = entry;
      const list = figures.get(name) ?? [];
      list[round] = await measure();
      figures.set(name, list);
    }
  }
  return figures;
}

/** The median of one contender's figures. */
export function medianOf(figures: ReadonlyMap<string, Rounds>, name: string): number {
  return median([...roundsOf(figures, name)]);
}

/** The median of the ratios of two contenders, each taken within one round. */
export function medianRatio(
  figures: ReadonlyMap<string, Rounds>,
  name: string,
  base: string,
): number {
  const bases = roundsOf(figures, base);
  return median(roundsOf(figures, name).map((value, round) => value / (bases[round] ?? NaN)));
}

function roundsOf(figures: ReadonlyMap<string, Rounds>, name: string): Rounds {
  const rounds = figures.get(name);
  if (rounds === undefined) throw new Error(`nothing was measured for ${name}`);
  return rounds;
}
