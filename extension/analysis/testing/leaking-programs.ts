/**
 * Simulated programs that leak at line LEAKING, and perhaps do other things beside it.
 */
import {
  Deadlines,
  exponential,
  leak,
  LEAKING,
  listNode,
  OTHER,
  place,
  slowLeak,
  treeNode,
  vectorStorage,
  type Program,
} from './parts.ts';

export const leakingPrograms: readonly Program[] = [
  leak('every block lost', [LEAKING], ({ simulation }) => {
    const where = place(LEAKING, 'open()');
    return () => simulation.allocate(where, 120);
  }),
  leak('lost on an error path, one in four', [LEAKING], (drive) => {
    const where = place(LEAKING, 'reply()');
    const lives = new Deadlines(drive);
    return (now) => {
      lives.sweep(now);
      const block = drive.simulation.allocate(where, 220);
      if (drive.random() > 0.25) lives.add(block, now + 0.01);
    };
  }),
  leak('one block in a hundred of a hot path', [LEAKING], (drive) => {
    const where = place(LEAKING, 'send()');
    const lives = new Deadlines(drive);
    return (now) => {
      for (let i = 0; i < 10; i += 1) {
        lives.sweep(now);
        const block = drive.simulation.allocate(where, 64);
        if (drive.random() > 0.01) lives.add(block, now + exponential(drive.random, 0.05));
      }
    };
  }),
  leak('listeners never removed from a list', [LEAKING], ({ simulation }) => {
    const where = place(LEAKING, 'subscribe()', { through: listNode });
    return () => simulation.allocate(where, 72);
  }),
  leak('cycle of two objects', [LEAKING, LEAKING + 1], ({ simulation }) => {
    const one = place(LEAKING, 'open()');
    const two = place(LEAKING + 1, 'open()');
    return () => {
      simulation.allocate(one, 200);
      simulation.allocate(two, 48);
    };
  }),
  slowLeak('leak from half way on', [LEAKING], (drive) => {
    const where = place(LEAKING, 'call()');
    const lives = new Deadlines(drive);
    return (now) => {
      lives.sweep(now);
      const block = drive.simulation.allocate(where, 90);
      if (now < drive.duration / 2 || drive.random() < 0.5) lives.add(block, now + 0.2);
    };
  }),
  slowLeak('10 B/s beside 10 MB/s of churn', [LEAKING], (drive) => {
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
  }),
  slowLeak('100 B/s on a line that turns over', [LEAKING], (drive) => {
    const where = place(LEAKING, 'message()');
    const lives = new Deadlines(drive);
    return (now) => {
      lives.sweep(now);
      const block = drive.simulation.allocate(where, 100);
      const leaks = drive.random() < 1 / drive.rate;
      if (!leaks) lives.add(block, now + exponential(drive.random, 0.7));
    };
  }),
  slowLeak('connections, one in twenty never closed', [LEAKING], (drive) => {
    const where = place(LEAKING, 'accept()');
    const lives = new Deadlines(drive);
    return (now) => {
      lives.sweep(now);
      const block = drive.simulation.allocate(where, 1500);
      if (drive.random() > 0.05) lives.add(block, now + exponential(drive.random, 2));
    };
  }),
  slowLeak('sessions in a map, one in twenty never erased', [LEAKING], (drive) => {
    const where = place(LEAKING, 'Sessions::open()', { through: treeNode });
    const lives = new Deadlines(drive);
    return (now) => {
      lives.sweep(now);
      const block = drive.simulation.allocate(where, 300);
      if (drive.random() > 0.05) lives.add(block, now + 1 + drive.random());
    };
  }),
  slowLeak('leak under a load that comes and goes', [LEAKING], (drive) => {
    const where = place(LEAKING, 'request()');
    const lives = new Deadlines(drive);
    return (now) => {
      lives.sweep(now);
      if (drive.random() > 0.6 + 0.4 * Math.sin(now / 2)) return;
      const block = drive.simulation.allocate(where, 128);
      if (drive.random() > 0.1) lives.add(block, now + 0.3);
    };
  }),
  leak('leak in batches', [LEAKING], ({ simulation, rate }) => {
    const where = place(LEAKING, 'reload()');
    let next = 1;
    return (now) => {
      if (now < next) return;
      next += 2;
      for (let i = 0; i < rate; i += 1) simulation.allocate(where, 64);
    };
  }),
  slowLeak('arena that keeps one chunk in ten', [LEAKING], ({ simulation, random }) => {
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
  }),
  leak('buffer enlarged by a fixed step', [LEAKING], ({ simulation }) => {
    const where = place(LEAKING, 'append()');
    let size = 0;
    let block: number | undefined;
    return () => {
      size += 256;
      const larger = simulation.allocate(where, size);
      if (block !== undefined) simulation.free(block);
      block = larger;
    };
  }),
  leak('mappings never unmapped', [LEAKING], ({ simulation, rate }) => {
    const where = place(LEAKING, 'map_window()', { kind: 'mapping' });
    let due = 0;
    return () => {
      due += 20 / rate;
      if (due < 1) return;
      due -= 1;
      simulation.allocate(where, 4096);
    };
  }),
];
