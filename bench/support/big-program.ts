/**
 * Builds a program with some 100 MB of debug information, which leaks from each of its units in turn.
 * One unit is compiled; the others are copies of the object in which its function is renamed, for
 * compiling each would take minutes.
 */
import { execFile } from 'node:child_process';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../../test/support/targets.ts';

const run = promisify(execFile);

const MEGABYTES = 100;
const folder = path.join(repository, 'build', 'bench');
const pace = path.join(repository, 'build', 'release', 'targets', 'pace.o');
const flags = ['-std=c++20', '-O1', '-g', `-I${path.join(repository, 'targets')}`];

async function debugBytes(object: string): Promise<number> {
  const { stdout } = await run('size', ['-A', object]);
  return [...stdout.matchAll(/^\.debug_\w+\s+(\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
}

function mainSource(units: number): string {
  const names = Array.from({ length: units }, (_, unit) => `big_unit_${unit}`);
  return [
    '#include <string>',
    '#include "pace.h"',
    ...names.map((name) => `extern "C" std::size_t ${name}(const std::string&);`),
    'int main(int argc, char** argv) {',
    '    pace_start(argc, argv, 1000);',
    `    std::size_t (*const units[])(const std::string&) = {${names.join(', ')}};`,
    '    std::size_t sum = 0;',
    '    unsigned number = 0;',
    '    while (pace_next()) {',
    `        sum += units[number++ % ${units}]("a text that is too long to be kept in place");`,
    '    }',
    '    return sum == 1 ? 1 : pace_finish();',
    '}',
    '',
  ].join('\n');
}

export interface BigProgram {
  readonly path: string;
  readonly debugMegabytes: number;
}

/** Builds the program, or finds it built. */
export async function buildBigProgram(): Promise<BigProgram> {
  const program = path.join(folder, 'big_program');
  const source = path.join(repository, 'bench', 'programs', 'big_unit.cpp');
  const [built, written] = await Promise.all([stat(program).catch(() => undefined), stat(source)]);
  if (built === undefined || built.mtimeMs < written.mtimeMs) {
    await mkdir(folder, { recursive: true });
    const unit = path.join(folder, 'big_unit.o');
    await run('g++', [...flags, '-c', source, '-o', unit]);
    const units = Math.ceil((MEGABYTES * 1e6) / (await debugBytes(unit)));
    const objects: string[] = [];
    for (let number = 0; number < units; number++) {
      const object = path.join(folder, `big_unit_${number}.o`);
      await run('objcopy', ['--redefine-sym', `big_unit=big_unit_${number}`, unit, object]);
      objects.push(object);
    }
    const main = path.join(folder, 'big_main.cpp');
    await writeFile(main, mainSource(units));
    await run('g++', [...flags, '-pthread', main, ...objects, pace, '-o', program]);
  }
  return { path: program, debugMegabytes: (await debugBytes(program)) / 1e6 };
}
