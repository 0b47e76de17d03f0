/**
 * A capture of a server that does not exist, for the dashboard's tests: sites of every kind, in any
 * number, over any time. What is random comes from a seeded generator.
 */
import { compactSample } from '../../extension/capture/timeline.ts';
import type { Capture, Location, Sample } from '../../extension/capture/capture.ts';
import { captureSample, processSample } from '../../extension/editor/testing/samples.ts';
import type { Counter, Frame, StackInfo } from '../../protocol/agent.ts';

type Behaviour = 'leak' | 'slow leak' | 'cache' | 'sawtooth' | 'warm-up' | 'short-lived';

/** Uniform numbers in (0, 1), the same each time: the minimal standard generator of Park and Miller,
 *  with the multiplier 48271. */
function noise(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

interface Place {
  readonly behaviour: Behaviour;
  readonly function: string;
  readonly file: string;
  readonly line: number;
  /** Owned callers, innermost first. */
  readonly callers: readonly (readonly [name: string, file: string, line: number])[];
  /** Library functions between allocator and place, innermost first, inlined. */
  readonly through?: readonly string[];
  /** Blocks a second, and their size. */
  readonly rate: number;
  readonly bytes: number;
}

const root = '/home/mila/relay/src';
const loop = [
  ['relay::EventLoop::dispatch(epoll_event const&)', `${root}/event_loop.cpp`, 141],
  ['relay::EventLoop::run()', `${root}/event_loop.cpp`, 97],
  ['main', `${root}/main.cpp`, 58],
] as const;
const request = [
  ['relay::Connection::on_readable()', `${root}/connection.cpp`, 212],
  ...loop,
] as const;

/** The sites that a person would look at; each with the behaviour that its name promises. */
export const places: readonly Place[] = [
  {
    behaviour: 'leak',
    function: 'relay::Session::open(relay::Connection&, std::string_view)',
    file: `${root}/session.cpp`,
    line: 88,
    callers: [
      ['relay::Router::authenticate(relay::Request const&)', `${root}/router.cpp`, 174],
      ...request,
    ],
    rate: 40,
    bytes: 512,
  },
  {
    behaviour: 'slow leak',
    function: 'relay::ListenerList::subscribe(std::function<void (relay::Event const&)>)',
    file: `${root}/listeners.cpp`,
    line: 41,
    callers: [['relay::Metrics::attach(relay::EventBus&)', `${root}/metrics.cpp`, 63], ...request],
    through: [
      'std::__new_allocator<std::function<void (relay::Event const&)>>::allocate(unsigned long, void const*)',
      'std::vector<std::function<void (relay::Event const&)>>::_M_realloc_insert(std::function<void (relay::Event const&)>&&)',
    ],
    rate: 9,
    bytes: 256,
  },
  {
    behaviour: 'cache',
    function: 'relay::ResponseCache::insert(relay::Key const&, relay::Response)',
    file: `${root}/response_cache.cpp`,
    line: 119,
    callers: [
      ['relay::Router::respond(relay::Request const&)', `${root}/router.cpp`, 233],
      ...request,
    ],
    through: ['std::__detail::_Hashtable_alloc<std::allocator<relay::Node>>::_M_allocate_node()'],
    rate: 120,
    bytes: 480,
  },
  {
    behaviour: 'sawtooth',
    function: 'relay::AccessLog::append(relay::LogLine&&)',
    file: `${root}/access_log.cpp`,
    line: 52,
    callers: [
      ['relay::Router::respond(relay::Request const&)', `${root}/router.cpp`, 241],
      ...request,
    ],
    rate: 300,
    bytes: 160,
  },
  {
    behaviour: 'warm-up',
    function: 'relay::RouteTable::compile(relay::Config const&)',
    file: `${root}/route_table.cpp`,
    line: 210,
    callers: [
      ['relay::Server::Server(relay::Config const&)', `${root}/server.cpp`, 33],
      ...loop.slice(2),
    ],
    rate: 400,
    bytes: 640,
  },
  {
    behaviour: 'short-lived',
    function: 'relay::Request::parse(std::span<std::byte const>)',
    file: `${root}/request.cpp`,
    line: 77,
    callers: request,
    through: ['std::vector<relay::Header>::reserve(unsigned long)'],
    rate: 900,
    bytes: 1024,
  },
];

/** A stretch of a site's life: blocks born in one cohort. */
interface Generation {
  readonly cohort: number;
  born: number;
  freed: number;
}

/** What a site does in one second: how many blocks are born, and which generations lose some. */
class Allocations {
  private readonly generations: Generation[] = [];
  private alive = 0;
  private readonly place: Place;
  private readonly random: () => number;

  constructor(place: Place, random: () => number) {
    this.place = place;
    this.random = random;
  }

  /** The generations that changed. */
  step(second: number, cohort: number): Set<Generation> {
    const { behaviour, rate } = this.place;
    const changed = new Set<Generation>();
    const births = Math.round(rate * (0.7 + 0.6 * this.random()));
    const idle = behaviour === 'warm-up' && second > 8;
    if (births > 0 && !idle) changed.add(this.bear(cohort, births));
    const free = (count: number): void => {
      this.release(count, changed);
    };
    switch (behaviour) {
      case 'leak':
        free(Math.round(births * 0.9));
        break;
      case 'slow leak':
      case 'warm-up':
        break;
      case 'cache':
        free(Math.max(0, this.alive - rate * 25));
        break;
      case 'sawtooth':
        if (second % 20 === 0) free(this.alive);
        break;
      case 'short-lived':
        free(Math.max(0, this.alive - Math.round(rate * (1 + this.random()))));
        break;
    }
    return changed;
  }

  private bear(cohort: number, births: number): Generation {
    let last = this.generations.at(-1);
    if (last?.cohort !== cohort) this.generations.push((last = { cohort, born: 0, freed: 0 }));
    last.born += births;
    this.alive += births;
    return last;
  }

  /** A leak frees the young and forgets the rest; everything else frees the oldest first. */
  private release(count: number, changed: Set<Generation>): void {
    let left = Math.min(count, this.alive);
    this.alive -= left;
    const young = this.place.behaviour === 'leak';
    while (left > 0) {
      const generation = young ? this.generations.at(-1) : this.generations[0];
      if (generation === undefined) return;
      const freed = Math.min(left, generation.born - generation.freed);
      generation.freed += freed;
      left -= freed;
      changed.add(generation);
      // The newest stays, since more may be born in its cohort.
      const done = generation.freed === generation.born && this.generations.length > 1;
      if (!young && done) this.generations.shift();
      else if (left > 0) return;
    }
  }
}

export interface SampleOptions {
  readonly seconds: number;
  readonly sites?: number;
  /** Length of a birth cohort. */
  readonly cohortSeconds?: number;
  readonly end?: Capture['end'];
}

/** The named places, and as many more made from them as are wanted. */
export function manyPlaces(count: number): Place[] {
  return Array.from({ length: count }, (_, at) => {
    const base = places[at % places.length] ?? places[0];
    if (base === undefined) throw new Error('no places');
    if (at < places.length) return base;
    return {
      ...base,
      // One leak in a hundred; the others are what a healthy program has.
      behaviour:
        at % 100 === 7
          ? 'slow leak'
          : base.behaviour === 'leak'
            ? 'short-lived'
            : base.behaviour === 'slow leak'
              ? 'cache'
              : base.behaviour,
      function: base.function.replace('relay::', `relay::module_${at}::`),
      line: base.line + at,
      rate: 1 + Math.round(base.rate / 60),
    };
  });
}

export function sampleCapture(options: SampleOptions): Capture {
  const chosen = manyPlaces(options.sites ?? places.length);
  const random = noise(7);
  const sites = chosen.map((place) => new Allocations(place, random));
  const cohortSeconds = options.cohortSeconds ?? 5;
  const totals = { allocations: 0, allocatedBytes: 0, frees: 0, freedBytes: 0 };
  const samples: Sample[] = [];
  for (let second = 1; second <= options.seconds; second += 1) {
    const cohort = Math.floor((second - 1) / cohortSeconds);
    const counters: Counter[] = [];
    for (const [stack, site] of sites.entries()) {
      const bytes = chosen[stack]?.bytes ?? 0;
      for (const { cohort: of, born, freed } of site.step(second, cohort))
        counters.push([stack, of, born, born * bytes, freed, freed * bytes]);
    }
    const hits = addTotals(totals, counters);
    samples.push(sample(second, cohort, cohortSeconds, counters, totals, hits, random()));
  }
  return captureSample({
    start: {
      ...captureSample().start,
      process: processSample({
        pid: 48213,
        name: 'relayd',
        command: ['/home/mila/relay/build/relayd', '--listen', '0.0.0.0:8443', '--workers', '4'],
      }),
    },
    samples,
    ...stacksOf(chosen),
    end: options.end,
  });
}

/** What each (stack, cohort) had at the last sample, so that totals grow by what is new. */
const before = new WeakMap<object, Map<string, Counter>>();

function addTotals(
  totals: { allocations: number; allocatedBytes: number; frees: number; freedBytes: number },
  counters: readonly Counter[],
): number {
  const known = before.get(totals) ?? new Map<string, Counter>();
  before.set(totals, known);
  let hits = 0;
  for (const counter of counters) {
    const [stack, cohort, allocations, allocatedBytes, frees, freedBytes] = counter;
    const key = `${stack}/${cohort}`;
    const old = known.get(key);
    totals.allocations += allocations - (old?.[2] ?? 0);
    totals.allocatedBytes += allocatedBytes - (old?.[3] ?? 0);
    totals.frees += frees - (old?.[4] ?? 0);
    totals.freedBytes += freedBytes - (old?.[5] ?? 0);
    hits += allocations - (old?.[2] ?? 0) + frees - (old?.[4] ?? 0);
    known.set(key, counter);
  }
  return hits;
}

function sample(
  second: number,
  cohort: number,
  cohortSeconds: number,
  counters: Counter[],
  totals: Omit<Sample['totals'], 'unknownFrees' | 'failedAllocations'>,
  hits: number,
  wobble: number,
): Sample {
  const live = totals.allocatedBytes - totals.freedBytes;
  const resident = 68_000_000 + live + Math.round(400_000 * wobble);
  return compactSample({
    sequence: second - 1,
    timeNs: second * 1_000_000_000,
    unixMs: 1_700_000_100_000 + second * 1000,
    cohort: { index: cohort, startNs: cohort * cohortSeconds * 1_000_000_000 },
    counters,
    freeSites: [],
    totals: { ...totals, unknownFrees: 12, failedAllocations: 0 },
    process: {
      rssBytes: resident + 21_000_000,
      anonymousBytes: resident,
      swapBytes: 0,
      virtualBytes: 900_000_000,
      threads: 6,
      cpuNs: second * 310_000_000,
    },
    cost: {
      hits: totals.allocations + totals.frees,
      targetNs: (totals.allocations + totals.frees) * 1900,
      agentNs: second * 4_000_000,
      coreShare: (hits * 1900) / 1e9 + 0.0004 * wobble,
      targetShare: (hits * 1900) / 310e6,
    },
    losses: captureLosses,
  });
}

const captureLosses: Sample['losses'] = {
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

function stacksOf(chosen: readonly Place[]): Pick<Capture, 'modules' | 'locations' | 'stacks'> {
  const locations: Location[] = [];
  const locate = (module: number, frames: Frame[]): number => {
    const offset = 0x1000 + 16 * locations.length;
    locations.push({ address: `0x${(0x400000 + offset).toString(16)}`, module, offset, frames });
    return locations.length - 1;
  };
  const stacks = chosen.map((place, stack): StackInfo => {
    const inlined = (place.through ?? []).map((name) => ({
      function: name,
      file: '/usr/include/c++/13/bits/new_allocator.h',
      line: 127,
      inlined: true,
    }));
    const own = (name: string, file: string, line: number): Frame => ({
      function: name,
      file,
      line,
      column: 12,
      inlined: false,
    });
    return {
      stack,
      kind: 'heap',
      end: 'complete',
      locations: [
        locate(1, [{ function: 'operator new(unsigned long)', inlined: false }]),
        locate(0, [...inlined, own(place.function, place.file, place.line)]),
        ...place.callers.map(([name, file, line]) => locate(0, [own(name, file, line)])),
        locate(2, [{ function: '__libc_start_main', inlined: false }]),
      ],
    };
  });
  const module = (index: number, path: string): Capture['modules'][number] => ({
    module: index,
    path,
    buildId: 'aa',
    unwindRows: 100,
    symbols: 'dwarf',
  });
  return {
    locations,
    stacks,
    modules: [
      module(0, '/home/mila/relay/build/relayd'),
      module(1, '/usr/lib/x86_64-linux-gnu/libstdc++.so.6'),
      module(2, '/usr/lib/x86_64-linux-gnu/libc.so.6'),
    ],
  };
}
