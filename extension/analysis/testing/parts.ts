/**
 * What simulated programs are made of: places that allocate, blocks with a deadline, a cache, a
 * population that follows a demand.
 */
import type { Place, Simulation } from './synthetic.ts';

/** What drives a program. */
export interface Drive {
  readonly simulation: Simulation;
  /** Operations per second, as the program's author thinks of them. */
  readonly rate: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Length of the capture, seconds. */
  readonly duration: number;
}

export interface Program {
  readonly name: string;
  /** Lines that leak; every other line is innocent. Empty for innocent programs. */
  readonly leaks: readonly number[];
  /** Called once; returns what happens at each operation, given the time in seconds. */
  readonly start: (drive: Drive) => (now: number) => void;
  /** True where the leak cannot be known within 20 s, and only a false verdict counts. */
  readonly slow: boolean;
}

type Start = Program['start'];

/** A program that leaks at the given lines. */
export function leak(name: string, leaks: readonly number[], start: Start): Program {
  return { name, leaks, start, slow: false };
}

/** A leak that nobody can know of within 20 seconds. */
export function slowLeak(name: string, leaks: readonly number[], start: Start): Program {
  return { name, leaks, start, slow: true };
}

/** A program that does not leak. */
export function innocent(name: string, start: Start): Program {
  return { name, leaks: [], start, slow: false };
}

/** The line that leaks, and the first of the others. */
export const LEAKING = 10;
export const OTHER = 20;

export function place(line: number, name: string, rest: Partial<Place> = {}): Place {
  return { file: '/home/user/src/program.cpp', line, function: name, ...rest };
}

/** Blocks that die at a time that is known when they are born. */
export class Deadlines {
  readonly #drive: Drive;
  readonly #buckets = new Map<number, number[]>();
  #swept = 0;

  constructor(drive: Drive) {
    this.#drive = drive;
  }

  add(block: number, deadline: number): void {
    const bucket = Math.floor(deadline * 50);
    const known = this.#buckets.get(bucket);
    if (known === undefined) this.#buckets.set(bucket, [block]);
    else known.push(block);
  }

  sweep(now: number): void {
    for (const end = Math.floor(now * 50); this.#swept < end; this.#swept += 1) {
      for (const block of this.#buckets.get(this.#swept) ?? []) this.#drive.simulation.free(block);
      this.#buckets.delete(this.#swept);
    }
  }
}

/** An exponential variate with the given mean. */
export function exponential(random: () => number, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

export const listNode = ['std::__cxx11::list<Entry>::_M_insert<Entry const&>(Entry const&)'];
export const mapNode = [
  '__gnu_cxx::new_allocator<std::__detail::_Hash_node<int, false>>::allocate(unsigned long)',
  'std::_Hashtable<int>::_M_emplace(int)',
];
export const treeNode = ['std::_Rb_tree<int, Session>::_M_emplace_hint_unique(int)'];
export const vectorStorage = ['std::vector<Event>::_M_realloc_insert(Event)'];

/** A cache of `bound` entries over keys drawn by `key`: list node, index node, and a value. */
export function cache(
  { simulation }: Drive,
  bound: number,
  key: (now: number) => number,
): (now: number) => void {
  const callers = [{ function: 'Store::insert(int)', line: 70 }];
  const node = place(OTHER, 'Store::insert(int)', { through: listNode });
  const index = place(OTHER + 1, 'Store::insert(int)', { through: mapNode });
  const value = place(OTHER + 2, 'fetch(int)', { callers });
  const entries = new Map<number, number[]>();
  return (now) => {
    const wanted = key(now);
    const found = entries.get(wanted);
    if (found !== undefined) {
      entries.delete(wanted);
      entries.set(wanted, found);
      return;
    }
    if (entries.size >= bound) {
      const oldest = entries.entries().next().value;
      if (oldest !== undefined) {
        entries.delete(oldest[0]);
        for (const block of oldest[1]) simulation.free(block);
      }
    }
    entries.set(wanted, [
      simulation.allocate(node, 48),
      simulation.allocate(index, 32),
      simulation.allocate(value, 200),
    ]);
  };
}

/** A population that comes and goes so as to follow a demand. */
export function population(
  { simulation, random }: Drive,
  where: Place,
  size: number,
  demand: (now: number) => number,
): (now: number) => void {
  const alive: number[] = [];
  return (now) => {
    alive.push(simulation.allocate(where, size));
    while (alive.length > demand(now)) {
      const victim = Math.floor(random() * alive.length);
      const block = alive[victim] ?? 0;
      alive[victim] = alive.at(-1) ?? 0;
      alive.pop();
      simulation.free(block);
    }
  };
}
