/**
 * Programs with random parameters, half of them leaking: what confidence is measured with. Unlike the
 * named programs, many of these cannot be told apart in the time that they are watched: a burst, a
 * period, a lifetime or a bound may be longer than the capture. A verdict of 90% has to be wrong on
 * one in ten of them.
 */
import {
  Deadlines,
  exponential,
  LEAKING,
  leak,
  listNode,
  OTHER,
  place,
  innocent,
} from './parts.ts';
import type { Drive, Program } from './parts.ts';

/**
 * How long innocent growth lasts: at least a second, and twice as long is half as common (a Pareto
 * distribution with exponent 1). This is the assumption that confidence rests on.
 */
function boundedTime(random: () => number): number {
  return 1 / (1 - random());
}

/** A number between two bounds, each factor between them as likely as any other. */
function anyScale(random: () => number, low: number, high: number): number {
  return low * (high / low) ** random();
}

type Make = (random: () => number) => Program;

const leaks: readonly Make[] = [
  (random) => {
    const share = random() < 0.5 ? 1 : anyScale(random, 0.003, 1);
    const life = anyScale(random, 0.01, 5);
    return leak(`leak of ${share} beside lives of ${life} s`, [LEAKING], (drive) => {
      const where = place(LEAKING, 'make()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        const block = drive.simulation.allocate(where, 80);
        if (drive.random() > share) lives.add(block, now + exponential(drive.random, life));
      };
    });
  },
  (random) => {
    const half = random() < 0.5 ? 0 : 0.5;
    const share = anyScale(random, 0.01, 1);
    return leak(`leak of ${share} from ${half} of the time on`, [LEAKING], (drive) => {
      const onset = half * drive.duration;
      const where = place(LEAKING, 'make()', { through: listNode });
      return (now) => {
        const block = drive.simulation.allocate(where, 80);
        if (now < onset || drive.random() > share) drive.simulation.free(block);
      };
    });
  },
  (random) => {
    const period = anyScale(random, 0.5, 6);
    const batch = Math.ceil(anyScale(random, 1, 50));
    return leak(`leak of ${batch} every ${period} s`, [LEAKING], ({ simulation }) => {
      const where = place(LEAKING, 'reload()');
      let next = period;
      return (now) => {
        if (now < next) return;
        next += period;
        for (let i = 0; i < batch; i += 1) simulation.allocate(where, 80);
      };
    });
  },
];

const innocents: readonly Make[] = [
  (random) => {
    const burst = boundedTime(random);
    return innocent(`burst of ${burst} s`, ({ simulation }) => {
      const where = place(OTHER, 'load()');
      return (now) => {
        if (now < burst) simulation.allocate(where, 80);
      };
    });
  },
  (random) => {
    const period = boundedTime(random);
    return innocent(`release every ${period} s`, ({ simulation }) => {
      const where = place(OTHER, 'collect()', { through: listNode });
      let blocks: number[] = [];
      let release = period;
      return (now) => {
        blocks.push(simulation.allocate(where, 80));
        if (now < release) return;
        release += period;
        for (const block of blocks) simulation.free(block);
        blocks = [];
      };
    });
  },
  (random) => {
    const life = boundedTime(random);
    const fixed = random() < 0.5;
    return innocent(`lives of ${life} s${fixed ? ' each' : ''}`, (drive) => {
      const where = place(OTHER, 'session()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        const block = drive.simulation.allocate(where, 80);
        lives.add(block, now + (fixed ? life : exponential(drive.random, life)));
      };
    });
  },
  (random) => {
    const bound = boundedTime(random);
    return innocent(`ring that is full after ${bound} s`, (drive) => {
      const where = place(OTHER, 'write()', { through: listNode });
      const ring: number[] = [];
      return () => {
        ring.push(drive.simulation.allocate(where, 80));
        if (ring.length > bound * drive.rate) drive.simulation.free(ring.shift() ?? 0);
      };
    });
  },
  (random) => {
    const different = boundedTime(random);
    return innocent(`as many tables as ${different} s bring`, (drive: Drive) => {
      const where = place(OTHER, 'table()');
      const built = new Set<number>();
      return () => {
        const table = Math.floor(drive.random() ** 2 * different * drive.rate);
        if (built.has(table)) return;
        built.add(table);
        drive.simulation.allocate(where, 80);
      };
    });
  },
  (random) => {
    const mean = anyScale(random, 0.02, 3);
    const swing = 0.9 * random();
    const period = anyScale(random, 2, 60);
    return innocent(`lives of ${mean} s under a load with a period of ${period} s`, (drive) => {
      const where = place(OTHER, 'request()');
      const lives = new Deadlines(drive);
      return (now) => {
        lives.sweep(now);
        if (drive.random() < swing * (0.5 + 0.5 * Math.sin((6.28 * now) / period))) return;
        const block = drive.simulation.allocate(where, 80);
        lives.add(block, now + exponential(drive.random, mean));
      };
    });
  },
];

/** A random program, leaking or not with equal chances. */
export function randomProgram(random: () => number): Program {
  const makers = random() < 0.5 ? leaks : innocents;
  const make = makers[Math.floor(random() * makers.length)] ?? leaks[0];
  if (make === undefined) throw new Error('there are makers');
  return make(random);
}
