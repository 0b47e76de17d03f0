/** The command line's entry point: runs the program, and turns what it throws into a line for a
 *  person and an exit code. */
import { inOneLine, UserError } from '../errors.ts';
import { Console } from './console.ts';
import { exitCodeOf } from './exit-codes.ts';
import { printable } from './format.ts';
import { runProgram } from './program.ts';

async function main(): Promise<number> {
  const console = new Console();
  try {
    return await runProgram(process.argv.slice(2), {
      console,
      cwd: process.cwd(),
      bundleDirectory: __dirname,
    });
  } catch (error) {
    console.err.write(`leaklens: ${explain(error)}\n`);
    return exitCodeOf(error);
  }
}

/** One line for what a user can act on; everything else is a bug, whose stack a developer needs. */
function explain(error: unknown): string {
  if (error instanceof UserError) return printable(inOneLine(error));
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `internal error, please report it:\n${detail}`;
}

void main().then((code) => {
  process.exitCode = code;
});
