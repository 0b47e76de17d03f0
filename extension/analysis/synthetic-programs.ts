/**
 * Simulated programs with known truth: what the statistics are tested with beside recorded captures
 * of real ones. Each is a few lines that allocate and free at each tick, at a given rate of
 * operations per second.
 */
import type { Simulation, Place } from './synthetic.ts';

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
  readonly slow?: boolean;
}

/** Things the programs below are made of. */
const LEAKING = 10;
const OTHER = 20;

function place(line: number, name: string, rest: Partial<Place> = {}): Place {
  return { file: '/home/user/src/program.cpp', line, function: name, ...rest };
}

/** Blocks that die at a time that is known when they are born. */
class Deadlines {
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
function exponential(random: () => number, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

const listNode = ['std::__cxx11::list<Entry>::_M_insert<Entry const&>(Entry const&)'];
const mapNode = [
  '__gnu_cxx::new_allocator<std::__detail::_Hash_node<int, false>>::allocate(unsigned long)',
  'std::_Hashtable<int>::_M_emplace(int)',
];
const treeNode = ['std::_Rb_tree<int, Session>::_M_emplace_hint_unique(int)'];
const vectorStorage = ['std::vector<Event>::_M_realloc_insert(Event)'];

/** A cache of `bound` entries over keys drawn by `key`: list node, index node, and a value. */
function cache(
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
function population(
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

export const leakingPrograms: readonly Program[] = [
  {
    name: 'every block lost',
    leaks: [LEAKING],
    start: ({ simulation }) => {
      const where = place(LEAKING, 'open()');
      return () => simulation.allocate(where, 120);
    },
  },
  {
    name: 'lost on an error path, one in four',
    leaks: [LEAKING],
    start: (drive) => {
      const where = place(LEAKING, 'reply()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        const block = drive.simulation.allocate(where, 220);
        if (drive.random() > 0.25) lives.add(block, now + 0.01);
      };
    },
  },
  {
    name: 'one block in a hundred of a hot path',
    leaks: [LEAKING],
    start: (drive) => {
      const where = place(LEAKING, 'send()');
      const lives = new Deadlines(drive);
      return (now) => {
        for (let i = 0; i < 10; i += 1) {
          lives.sweep(now);
          const block = drive.simulation.allocate(where, 64);
          if (drive.random() > 0.01) lives.add(block, now + exponential(drive.random, 0.05));
        }
      };
    },
  },
  {
    name: 'listeners never removed from a list',
    leaks: [LEAKING],
    start: ({ simulation }) => {
      const where = place(LEAKING, 'subscribe()', { through: listNode });
      return () => simulation.allocate(where, 72);
    },
  },
  {
    name: 'cycle of two objects',
    leaks: [LEAKING, LEAKING + 1],
    start: ({ simulation }) => {
      const one = place(LEAKING, 'open()');
      const two = place(LEAKING + 1, 'open()');
      return () => {
        simulation.allocate(one, 200);
        simulation.allocate(two, 48);
      };
    },
  },
  {
    name: 'leak from half way on',
    leaks: [LEAKING],
    slow: true,
    start: (drive) => {
      const where = place(LEAKING, 'call()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        const block = drive.simulation.allocate(where, 90);
        if (now < drive.duration / 2 || drive.random() < 0.5) lives.add(block, now + 0.2);
      };
    },
  },
  {
    name: '10 B/s beside 10 MB/s of churn',
    leaks: [LEAKING],
    slow: true,
    start: (drive) => {
      const where = place(LEAKING, 'audit()');
      const churn = place(OTHER, 'parse()');
      const queue = place(OTHER + 1, 'enqueue()');
      const lives = new Deadlines(drive);
      let due = 0;
      return (now) => {
        lives.sweep(now);
        drive.simulation.churn(churn, 100, Math.round(10e6 / 100 / drive.rate));
        lives.add(drive.simulation.allocate(queue, 500), now + exponential(drive.random, 0.5));
        due += 10 / drive.rate;
        if (due >= 48) {
          due -= 48;
          drive.simulation.allocate(where, 48);
        }
      };
    },
  },
  {
    name: '100 B/s on a line that turns over',
    leaks: [LEAKING],
    slow: true,
    start: (drive) => {
      const where = place(LEAKING, 'message()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        const block = drive.simulation.allocate(where, 100);
        const leaks = drive.random() < 1 / drive.rate;
        if (!leaks) lives.add(block, now + exponential(drive.random, 0.7));
      };
    },
  },
  {
    name: 'connections, one in twenty never closed',
    leaks: [LEAKING],
    slow: true,
    start: (drive) => {
      const where = place(LEAKING, 'accept()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        const block = drive.simulation.allocate(where, 1500);
        if (drive.random() > 0.05) lives.add(block, now + exponential(drive.random, 2));
      };
    },
  },
  {
    name: 'sessions in a map, one in twenty never erased',
    leaks: [LEAKING],
    slow: true,
    start: (drive) => {
      const where = place(LEAKING, 'Sessions::open()', { through: treeNode });
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        const block = drive.simulation.allocate(where, 300);
        if (drive.random() > 0.05) lives.add(block, now + 1 + drive.random());
      };
    },
  },
  {
    name: 'leak under a load that comes and goes',
    leaks: [LEAKING],
    slow: true,
    start: (drive) => {
      const where = place(LEAKING, 'request()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        if (drive.random() > 0.6 + 0.4 * Math.sin(now / 2)) return;
        const block = drive.simulation.allocate(where, 128);
        if (drive.random() > 0.1) lives.add(block, now + 0.3);
      };
    },
  },
  {
    name: 'leak in batches',
    leaks: [LEAKING],
    start: ({ simulation, rate }) => {
      const where = place(LEAKING, 'reload()');
      let next = 1;
      return (now) => {
        if (now < next) return;
        next += 2;
        for (let i = 0; i < rate; i += 1) simulation.allocate(where, 64);
      };
    },
  },
  {
    name: 'arena that keeps one chunk in ten',
    leaks: [LEAKING],
    slow: true,
    start: ({ simulation, random }) => {
      const where = place(LEAKING, 'Arena::take()', { through: vectorStorage });
      let chunks: number[] = [];
      let release = 3;
      return (now) => {
        chunks.push(simulation.allocate(where, 4096));
        if (now < release) return;
        release += 3;
        for (const chunk of chunks) if (random() > 0.1) simulation.free(chunk);
        chunks = [];
      };
    },
  },
  {
    name: 'buffer enlarged by a fixed step',
    leaks: [LEAKING],
    start: ({ simulation }) => {
      const where = place(LEAKING, 'append()');
      let size = 0;
      let block: number | undefined;
      return () => {
        size += 256;
        const larger = simulation.allocate(where, size);
        if (block !== undefined) simulation.free(block);
        block = larger;
      };
    },
  },
  {
    name: 'mappings never unmapped',
    leaks: [LEAKING],
    start: ({ simulation, rate }) => {
      const where = place(LEAKING, 'map_window()', { kind: 'mapping' });
      let due = 0;
      return () => {
        due += 20 / rate;
        if (due < 1) return;
        due -= 1;
        simulation.allocate(where, 4096);
      };
    },
  },
];

export const innocentPrograms: readonly Program[] = [
  {
    name: 'start-up burst',
    leaks: [],
    start: ({ simulation }) => {
      const where = place(OTHER, 'load()');
      return (now) => {
        if (now < 3) simulation.allocate(where, 100);
      };
    },
  },
  {
    name: 'cache filling with new keys only',
    leaks: [],
    start: (drive) => {
      let next = 0;
      return cache(drive, 1e9, () => (next += 1));
    },
  },
  {
    name: 'cache filling with random keys',
    leaks: [],
    start: (drive) =>
      cache(drive, 1e9, () => Math.floor(drive.random() ** 2 * drive.rate * drive.duration)),
  },
  {
    name: 'cache that reaches its bound early',
    leaks: [],
    start: (drive) => {
      let next = 0;
      return cache(drive, 0.3 * drive.rate * drive.duration, () => (next += 1));
    },
  },
  {
    name: 'cache that reaches its bound late',
    leaks: [],
    start: (drive) =>
      cache(drive, 0.45 * drive.rate * drive.duration, () =>
        Math.floor(drive.random() * drive.rate * drive.duration),
      ),
  },
  {
    name: 'cache that was full before the capture',
    leaks: [],
    start: (drive) => {
      const { simulation } = drive;
      simulation.residentFollows = false;
      const node = place(OTHER, 'insert()', { through: listNode });
      const text = place(OTHER + 1, 'fetch()');
      return () => {
        simulation.allocate(node, 48);
        simulation.allocate(text, 300);
        simulation.unknownFrees += 2;
      };
    },
  },
  {
    name: 'entries that live for four seconds',
    leaks: [],
    start: (drive) => {
      const where = place(OTHER, 'put()', { through: treeNode });
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        lives.add(drive.simulation.allocate(where, 150), now + 4);
      };
    },
  },
  {
    name: 'ring of the last lines',
    leaks: [],
    start: ({ simulation, rate }) => {
      const where = place(OTHER, 'format()');
      const ring: number[] = [];
      return () => {
        ring.push(simulation.allocate(where, 80));
        if (ring.length > 5 * rate) simulation.free(ring.shift() ?? 0);
      };
    },
  },
  {
    name: 'pool that follows its peak',
    leaks: [],
    start: ({ simulation, random, rate }) => {
      const where = place(OTHER, 'acquire()');
      let busy = 0;
      let made = 0;
      return () => {
        if (busy === 0 || (busy < rate / 5 && random() < 0.52)) busy += 1;
        else busy -= 1;
        if (busy > made) {
          made += 1;
          simulation.allocate(where, 2000);
        }
      };
    },
  },
  {
    name: 'vector that doubles until half way',
    leaks: [],
    start: ({ simulation, duration }) => {
      const where = place(OTHER, 'record()', { through: vectorStorage });
      let used = 0;
      let capacity = 0;
      let block: number | undefined;
      simulation.residentFollows = false;
      return (now) => {
        if (now > duration / 2) return;
        used += 1;
        simulation.otherResident += 32;
        if (used <= capacity) return;
        capacity = Math.max(1, 2 * capacity);
        const larger = simulation.allocate(where, 32 * capacity);
        if (block !== undefined) simulation.free(block);
        block = larger;
      };
    },
  },
  {
    name: 'arena released every three seconds',
    leaks: [],
    start: ({ simulation }) => {
      const where = place(OTHER, 'Arena::take()', { through: vectorStorage });
      let chunks: number[] = [];
      let release = 3;
      return (now) => {
        chunks.push(simulation.allocate(where, 4096));
        if (now < release) return;
        release += 3;
        for (const chunk of chunks) simulation.free(chunk);
        chunks = [];
      };
    },
  },
  {
    name: 'connections by time of day',
    leaks: [],
    start: (drive) =>
      population(drive, place(OTHER, 'accept()'), 1500, (now) =>
        Math.round(drive.rate * (1 + 0.9 * Math.sin((2 * Math.PI * now) / 16))),
      ),
  },
  {
    name: 'steady population of the young',
    leaks: [],
    start: (drive) => {
      const where = place(OTHER, 'request()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        lives.add(drive.simulation.allocate(where, 400), now + exponential(drive.random, 0.5));
      };
    },
  },
  {
    name: 'steady population with long lives',
    leaks: [],
    start: (drive) => {
      const where = place(OTHER, 'connect()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        lives.add(drive.simulation.allocate(where, 400), now + exponential(drive.random, 6));
      };
    },
  },
  {
    name: 'lifetimes without a typical length',
    leaks: [],
    start: (drive) => {
      const where = place(OTHER, 'job()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        const life = 0.05 * (1 - drive.random()) ** -0.8;
        lives.add(drive.simulation.allocate(where, 400), now + life);
      };
    },
  },
  {
    name: 'tables built when first asked for',
    leaks: [],
    start: ({ simulation, random, rate }) => {
      const where = place(OTHER, 'Collations::get()');
      const built = new Set<number>();
      const tables = Math.round(rate * 5);
      return () => {
        const table = Math.floor(random() ** 2 * tables);
        if (built.has(table)) return;
        built.add(table);
        simulation.allocate(where, 2048);
      };
    },
  },
  {
    name: 'names interned',
    leaks: [],
    start: ({ simulation, random, rate }) => {
      const where = place(OTHER, 'Names::add()', { through: mapNode });
      const names = new Set<number>();
      return () => {
        const name = Math.floor(random() * rate * 10);
        if (names.has(name)) return;
        names.add(name);
        simulation.allocate(where, 48);
      };
    },
  },
  {
    name: 'sessions longer than the capture, renewed',
    leaks: [],
    start: ({ simulation, random, rate, duration }) => {
      const callers = [{ function: 'Store::sign_in(int)', line: 71 }];
      const node = place(OTHER, 'Store::sign_in(int)', { through: mapNode });
      const session = place(OTHER + 1, 'make()', { callers });
      const sessions = new Map<number, number>();
      return () => {
        const user = Math.floor(random() * rate * duration);
        const old = sessions.get(user);
        const made = simulation.allocate(session, 400);
        if (old === undefined) simulation.allocate(node, 40);
        else simulation.free(old);
        sessions.set(user, made);
      };
    },
  },
  {
    name: 'leak that stopped',
    leaks: [],
    start: ({ simulation, duration }) => {
      const where = place(OTHER, 'migrate()');
      return (now) => {
        if (now < duration / 2) simulation.allocate(where, 64);
      };
    },
  },
  {
    name: 'backlog worked off every seven seconds',
    leaks: [],
    start: ({ simulation }) => {
      const where = place(OTHER, 'receive()');
      const queue: number[] = [];
      return (now) => {
        queue.push(simulation.allocate(where, 300));
        if (now % 7 < 4 && now % 7 > 1) return;
        for (let i = 0; i < 5 && queue.length > 0; i += 1) simulation.free(queue.shift() ?? 0);
      };
    },
  },
];
