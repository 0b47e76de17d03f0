/**
 * Captures of programs that do not exist, for the tests: a small simulator of allocations in time,
 * and what an agent would have sent about them. Everything random comes from a seeded generator.
 */
import type { Capture, Location, Sample } from '../../capture/capture.ts';
import type { Counter, Frame, FreeSite, Losses, StackInfo } from '../../../protocol/agent.ts';

/** A generator of uniform numbers in [0, 1): mulberry32, by T. Ettinger (public domain). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Where a simulated program allocates. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  /** Library functions between the allocator and the place, innermost first. */
  readonly through?: readonly string[];
  /** Owned callers, from the place outwards. */
  readonly callers?: readonly { readonly function: string; readonly line: number }[];
  readonly kind?: StackInfo['kind'];
}

interface Block {
  readonly stack: number;
  readonly cohort: number;
  readonly size: number;
}

interface Tally {
  readonly stack: number;
  readonly cohort: number;
  allocations: number;
  allocatedBytes: number;
  frees: number;
  freedBytes: number;
  changed: boolean;
}

export interface SimulationOptions {
  readonly intervalMs?: number;
  /** Length of each birth cohort, seconds. By default they are as the agent makes them: a sixteenth
   *  of the capture's age, and at least an interval. */
  readonly cohortSeconds?: number;
}

const noLosses: Losses = {
  blocksFull: 0,
  stacksFull: 0,
  countersFull: 0,
  threadsFull: 0,
  ringFull: 0,
  unwindRowsFull: 0,
  stacksTruncated: 0,
  stacksGuessed: 0,
  returnsMissed: 0,
  freesMissed: 0,
  freeSitesFull: 0,
  probesMissed: 0,
};

const MAIN = 0;
const LIBSTDCXX = 1;

/** A program under capture. `run` moves time on and takes samples. */
export class Simulation {
  readonly #intervalSeconds: number;
  readonly #cohortSeconds: number | undefined;
  #cohortStart = 0;
  readonly #locations: Location[] = [];
  readonly #stacks: StackInfo[] = [];
  readonly #byPlace = new Map<Place, number>();
  readonly #byFrames = new Map<string, number>();
  readonly #tallies = new Map<string, Tally>();
  readonly #blocks = new Map<number, Block>();
  readonly #samples: Sample[] = [];
  readonly #freeSites = new Map<string, FreeSite>();
  #nextBlock = 1;
  #seconds = 0;
  #cohort = 0;
  #totals = { allocations: 0, allocatedBytes: 0, frees: 0, freedBytes: 0 };
  #lastTaken = 0;
  /** Frees of blocks from before the capture. */
  unknownFrees = 0;
  /** Resident memory beside the traced blocks, bytes. */
  otherResident = 20e6;
  /** False makes the process's memory independent of the traced blocks. */
  residentFollows = true;
  losses: Losses = noLosses;

  constructor(options: SimulationOptions = {}) {
    this.#intervalSeconds = (options.intervalMs ?? 1000) / 1000;
    this.#cohortSeconds = options.cohortSeconds;
  }

  /** Seconds since the capture began. */
  get seconds(): number {
    return this.#seconds;
  }

  /** Allocates a block now; returns its handle. */
  allocate(place: Place, size: number): number {
    const stack = this.#stackOf(place);
    const tally = this.#tally(stack, this.#cohort);
    tally.allocations += 1;
    tally.allocatedBytes += size;
    tally.changed = true;
    this.#totals.allocations += 1;
    this.#totals.allocatedBytes += size;
    const handle = this.#nextBlock;
    this.#nextBlock += 1;
    this.#blocks.set(handle, { stack, cohort: this.#cohort, size });
    return handle;
  }

  /** Frees a block now; at a place, if one is given. */
  free(handle: number, where?: Place): void {
    const block = this.#blocks.get(handle);
    if (block === undefined) throw new Error(`no live block ${handle}`);
    this.#blocks.delete(handle);
    const tally = this.#tally(block.stack, block.cohort);
    tally.frees += 1;
    tally.freedBytes += block.size;
    tally.changed = true;
    this.#totals.frees += 1;
    this.#totals.freedBytes += block.size;
    if (where === undefined) return;
    const key = `${block.stack},${this.#stackOf(where)}`;
    const known = this.#freeSites.get(key);
    this.#freeSites.set(key, [block.stack, this.#stackOf(where), (known?.[2] ?? 0) + 1]);
  }

  /** Allocates and frees at once, many times, without following each block. */
  churn(place: Place, times: number, size: number): void {
    if (times <= 0) return;
    const tally = this.#tally(this.#stackOf(place), this.#cohort);
    tally.allocations += times;
    tally.frees += times;
    tally.allocatedBytes += times * size;
    tally.freedBytes += times * size;
    tally.changed = true;
    this.#totals.allocations += times;
    this.#totals.frees += times;
    this.#totals.allocatedBytes += times * size;
    this.#totals.freedBytes += times * size;
  }

  /** Moves time on in ticks, calling the program at each, and samples as an agent would. */
  run(seconds: number, tick: (now: number) => void, ticksPerSecond = 50): void {
    const ticks = Math.round(seconds * ticksPerSecond);
    const start = this.#seconds;
    for (let i = 1; i <= ticks; i += 1) {
      this.#seconds = start + i / ticksPerSecond;
      tick(this.#seconds);
      if (this.#seconds - this.#lastTaken < this.#intervalSeconds - 1e-9) continue;
      this.sample();
      const length = this.#cohortSeconds ?? Math.max(this.#intervalSeconds, this.#seconds / 16);
      if (this.#seconds - this.#cohortStart + this.#intervalSeconds / 2 < length) continue;
      this.#cohort += 1;
      this.#cohortStart = this.#seconds;
    }
  }

  /** Takes a sample now. */
  sample(): void {
    this.#lastTaken = this.#seconds;
    const counters: Counter[] = [];
    for (const tally of this.#tallies.values()) {
      if (!tally.changed) continue;
      tally.changed = false;
      counters.push([
        tally.stack,
        tally.cohort,
        tally.allocations,
        tally.allocatedBytes,
        tally.frees,
        tally.freedBytes,
      ]);
    }
    const live = this.#totals.allocatedBytes - this.#totals.freedBytes;
    const resident = Math.round(this.otherResident + (this.residentFollows ? live : 0));
    this.#samples.push({
      sequence: this.#samples.length,
      timeNs: Math.round(this.#seconds * 1e9),
      unixMs: 1_700_000_000_000 + Math.round(this.#seconds * 1000),
      cohort: {
        index: this.#cohort,
        startNs: Math.round(this.#cohortStart * 1e9),
      },
      counters,
      freeSites: [...this.#freeSites.values()],
      totals: { ...this.#totals, unknownFrees: this.unknownFrees, failedAllocations: 0 },
      process: {
        rssBytes: resident + 3_000_000,
        anonymousBytes: resident,
        swapBytes: 0,
        virtualBytes: 10 * resident,
        threads: 1,
        cpuNs: Math.round(this.#seconds * 1e8),
      },
      cost: { hits: 0, targetNs: 0, agentNs: 0, coreShare: 0, targetShare: 0 },
      losses: this.losses,
    });
  }

  /** The capture so far. */
  capture(): Capture {
    return {
      host: {
        hostname: 'synthetic',
        kernel: '6.18.0',
        architecture: 'x86_64',
        bootId: '00000000-0000-0000-0000-000000000000',
        cpus: 2,
        memoryBytes: 8e9,
      },
      features: { uprobeMulti: true, bpfLoop: true, mappings: true },
      agentVersion: '0.1.0',
      start: {
        process: {
          pid: 1000,
          parentPid: 1,
          name: 'program',
          command: ['/home/user/program'],
          executable: '/home/user/program',
          uid: 1000,
          user: 'user',
          rssBytes: 20e6,
          threads: 1,
          startedUnixMs: 1_700_000_000_000,
          allocators: [{ family: 'glibc', module: '/lib/x86_64-linux-gnu/libc.so.6' }],
        },
        startedUnixMs: 1_700_000_000_000,
        probes: [],
        attach: 'uprobeMulti',
        mappings: { traced: true },
        limits: { blocks: 1_048_576, stacks: 16_384, counters: 131_072, unwindRows: 4_194_304 },
      },
      intervalMs: this.#intervalSeconds * 1000,
      modules: [
        {
          module: MAIN,
          path: '/home/user/program',
          buildId: 'aa',
          unwindRows: 100,
          symbols: 'dwarf',
        },
        {
          module: LIBSTDCXX,
          path: '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
          buildId: 'bb',
          unwindRows: 100,
          symbols: 'symtab',
        },
      ],
      locations: this.#locations,
      stacks: this.#stacks,
      samples: this.#samples,
      end: { reason: 'stopped', detail: '' },
    };
  }

  #tally(stack: number, cohort: number): Tally {
    const key = `${stack},${cohort}`;
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = {
        stack,
        cohort,
        allocations: 0,
        allocatedBytes: 0,
        frees: 0,
        freedBytes: 0,
        changed: true,
      };
      this.#tallies.set(key, tally);
    }
    return tally;
  }

  #stackOf(place: Place): number {
    const known = this.#byPlace.get(place);
    if (known !== undefined) return known;
    const system = (name: string): Frame => ({
      function: name,
      file: '/usr/include/c++/12/bits/container.h',
      line: 1,
      inlined: true,
    });
    const own = (name: string, line: number): Frame => ({
      function: name,
      file: place.file,
      line,
      inlined: false,
    });
    const locations = [
      this.#locate(LIBSTDCXX, [{ function: 'operator new(unsigned long)', inlined: false }]),
      this.#locate(MAIN, [...(place.through ?? []).map(system), own(place.function, place.line)]),
      ...(place.callers ?? []).map((caller) =>
        this.#locate(MAIN, [own(caller.function, caller.line)]),
      ),
      this.#locate(MAIN, [own('main', 1000)]),
    ];
    const stack = this.#stacks.length;
    this.#stacks.push({ stack, kind: place.kind ?? 'heap', end: 'complete', locations });
    this.#byPlace.set(place, stack);
    return stack;
  }

  /** Stacks share the locations of their callers, as real ones do. */
  #locate(module: number, frames: readonly Frame[]): number {
    const key = JSON.stringify([module, frames]);
    const known = this.#byFrames.get(key);
    if (known !== undefined) return known;
    const index = this.#locations.length;
    const offset = 0x1000 + 16 * index;
    this.#locations.push({
      address: `0x${(0x400000 + offset).toString(16)}`,
      module,
      offset,
      frames,
    });
    this.#byFrames.set(key, index);
    return index;
  }
}
