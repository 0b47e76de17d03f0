/**
 * The sample programs of targets/ and their ground truth, read from their sources.
 *
 * The first line of a program's main source says what a capture has to make of it:
 *   `// Ground truth: leak`             its lines that end in `// LEAK` are to be blamed, no others
 *   `// Ground truth: leak (N s)`       the same, but it takes a capture of N seconds to see it
 *   `// Ground truth: silent (VERDICT)` nothing is to be blamed; VERDICT is what it rather is
 *   `// Ground truth: exercise`         not for judging: it exercises the engine for one test
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Verdict } from '../../extension/analysis/report.ts';

/** The repository's root folder. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));
const sourceFolder = path.join(repository, 'targets');
const programFolder = path.join(repository, 'build', 'release', 'targets');

export type Truth =
  | { readonly kind: 'leak'; readonly seconds: number }
  | { readonly kind: 'silent'; readonly rather: Verdict }
  | { readonly kind: 'exercise' };

/** How long a capture takes to see a leak, where the program does not say otherwise. */
export const usualSeconds = 20;

export interface Target {
  readonly name: string;
  readonly truth: Truth;
  /** Lines to blame, as `FILE:LINE` with the file's name alone. */
  readonly marked: readonly string[];
  /** Path of the built program. */
  readonly program: string;
  /** Operations per second that it does when nothing else is asked for; 0: as fast as it goes. */
  readonly rate: number;
}

const verdicts: readonly Verdict[] = [
  'leak',
  'growing',
  'cache',
  'warm-up',
  'sawtooth',
  'steady',
  'insufficient data',
];

function parseTruth(source: string, file: string): Truth {
  const [, kind, detail] = /^\/\/ Ground truth: (\w+)(?: \((.+)\))?\n/.exec(source) ?? [];
  if (kind === 'exercise') return { kind };
  if (kind === 'leak' && detail === undefined) return { kind, seconds: usualSeconds };
  const seconds = /^(\d+) s$/.exec(detail ?? '')?.[1];
  if (kind === 'leak' && seconds !== undefined) return { kind, seconds: Number(seconds) };
  const rather = verdicts.find((name) => name === detail);
  if (kind === 'silent' && rather !== undefined) return { kind, rather };
  throw new Error(`${file} does not begin with its ground truth`);
}

function parseMarks(source: string, file: string): string[] {
  return source
    .split('\n')
    .flatMap((line, index) => (line.endsWith('// LEAK') ? [`${file}:${index + 1}`] : []));
}

/** A program without a rate of its own (no_allocator) does nothing at all. */
function parseRate(source: string): number {
  const rate = /pace_start\(argc, argv, ([\d']+)\)/.exec(source)?.[1] ?? '0';
  return Number(rate.replaceAll("'", ''));
}

/** All programs, by name. A program NAME consists of NAME.c or NAME.cpp, and of NAME.PART.cpp. */
function readTargets(): ReadonlyMap<string, Target> {
  const sources = readdirSync(sourceFolder)
    .filter((file) => /\.(c|cpp)$/.test(file) && file !== 'pace.c')
    .map((file) => ({ file, source: readFileSync(path.join(sourceFolder, file), 'utf8') }));
  const targets = new Map<string, Target>();
  for (const { file, source } of sources) {
    const [name = '', ...rest] = file.split('.');
    if (rest.length > 1) continue;
    const parts = sources.filter((part) => part.file.startsWith(`${name}.`));
    targets.set(name, {
      name,
      truth: parseTruth(source, file),
      marked: parts.flatMap((part) => parseMarks(part.source, part.file)).sort(),
      program: path.join(programFolder, name),
      rate: parseRate(source),
    });
  }
  return targets;
}

// Read once: which tests there are depends on it.
const all = readTargets();

/** One program by name. */
export function target(name: string): Target {
  const found = all.get(name);
  if (found === undefined) throw new Error(`there is no target ${name}`);
  return found;
}

/** The programs that a capture has to judge, by name. */
export function corpus(): readonly Target[] {
  return [...all.values()]
    .filter(({ truth }) => truth.kind !== 'exercise')
    .sort((a, b) => a.name.localeCompare(b.name));
}
