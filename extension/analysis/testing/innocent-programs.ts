/**
 * Simulated programs that do not leak, and look as if they did for a while.
 */
import {
  cache,
  Deadlines,
  exponential,
  innocent,
  listNode,
  mapNode,
  OTHER,
  place,
  population,
  treeNode,
  vectorStorage,
  type Program,
} from './parts.ts';

export const innocentPrograms: readonly Program[] = [
  innocent('start-up burst', ({ simulation }) => {
    const where = place(OTHER, 'load()');
    return (now) => {
      if (now < 3) simulation.allocate(where, 100);
    };
  }),
  innocent('cache filling with new keys only', (drive) => {
    let next = 0;
    return cache(drive, 1e9, () => (next += 1));
  }),
  innocent('cache filling with random keys', (drive) =>
    cache(drive, 1e9, () => Math.floor(drive.random() ** 2 * drive.rate * drive.duration)),
  ),
  innocent('cache that reaches its bound early', (drive) => {
    let next = 0;
    return cache(drive, 0.3 * drive.rate * drive.duration, () => (next += 1));
  }),
  innocent('cache that reaches its bound late', (drive) =>
    cache(drive, 0.45 * drive.rate * drive.duration, () =>
      Math.floor(drive.random() * drive.rate * drive.duration),
    ),
  ),
  innocent('cache that was full before the capture', (drive) => {
    const { simulation } = drive;
    simulation.residentFollows = false;
    const node = place(OTHER, 'insert()', { through: listNode });
    const text = place(OTHER + 1, 'fetch()');
    return () => {
      simulation.allocate(node, 48);
      simulation.allocate(text, 300);
      simulation.unknownFrees += 2;
    };
  }),
  innocent('entries that live for four seconds', (drive) => {
    const where = place(OTHER, 'put()', { through: treeNode });
    const lives = new Deadlines(drive);
    return (now) => {
      lives.sweep(now);
      lives.add(drive.simulation.allocate(where, 150), now + 4);
    };
  }),
  innocent('ring of the last lines', ({ simulation, rate }) => {
    const where = place(OTHER, 'format()');
    const ring: number[] = [];
    return () => {
      ring.push(simulation.allocate(where, 80));
      if (ring.length > 5 * rate) simulation.free(ring.shift() ?? 0);
    };
  }),
  innocent('pool that follows its peak', ({ simulation, random, rate }) => {
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
  }),
  innocent('vector that doubles until half way', ({ simulation, duration }) => {
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
  }),
  innocent('arena released every three seconds', ({ simulation }) => {
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
  }),
  innocent('connections by time of day', (drive) =>
    population(drive, place(OTHER, 'accept()'), 1500, (now) =>
      Math.round(drive.rate * (1 + 0.9 * Math.sin((2 * Math.PI * now) / 16))),
    ),
  ),
  innocent('steady population of the young', (drive) => {
    const where = place(OTHER, 'request()');
    const lives = new Deadlines(drive);
    return (now) => {
      lives.sweep(now);
      lives.add(drive.simulation.allocate(where, 400), now + exponential(drive.random, 0.5));
    };
  }),
  innocent('steady population with long lives', (drive) => {
    const where = place(OTHER, 'connect()');
    const lives = new Deadlines(drive);
    return (now) => {
      lives.sweep(now);
      lives.add(drive.simulation.allocate(where, 400), now + exponential(drive.random, 6));
    };
  }),
  innocent('lifetimes without a typical length', (drive) => {
    const where = place(OTHER, 'job()');
    const lives = new Deadlines(drive);
    return (now) => {
      lives.sweep(now);
      const life = 0.05 * (1 - drive.random()) ** -0.8;
      lives.add(drive.simulation.allocate(where, 400), now + life);
    };
  }),
  innocent('tables built when first asked for', ({ simulation, random, rate }) => {
    const where = place(OTHER, 'Collations::get()');
    const built = new Set<number>();
    const tables = Math.round(rate * 5);
    return () => {
      const table = Math.floor(random() ** 2 * tables);
      if (built.has(table)) return;
      built.add(table);
      simulation.allocate(where, 2048);
    };
  }),
  innocent('names interned', ({ simulation, random, rate }) => {
    const where = place(OTHER, 'Names::add()', { through: mapNode });
    const names = new Set<number>();
    return () => {
      const name = Math.floor(random() * rate * 10);
      if (names.has(name)) return;
      names.add(name);
      simulation.allocate(where, 48);
    };
  }),
  innocent(
    'sessions longer than the capture, renewed',
    ({ simulation, random, rate, duration }) => {
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
  ),
  innocent('leak that stopped', ({ simulation, duration }) => {
    const where = place(OTHER, 'migrate()');
    return (now) => {
      if (now < duration / 2) simulation.allocate(where, 64);
    };
  }),
  innocent('backlog worked off every seven seconds', ({ simulation }) => {
    const where = place(OTHER, 'receive()');
    const queue: number[] = [];
    return (now) => {
      queue.push(simulation.allocate(where, 300));
      if (now % 7 < 4 && now % 7 > 1) return;
      for (let i = 0; i < 5 && queue.length > 0; i += 1) simulation.free(queue.shift() ?? 0);
    };
  }),
];
