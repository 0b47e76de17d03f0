/** The command line's grammar: commands, options, and the help that explains them. */
import { Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { type AgentOptions, addAgentOptions } from './agent-options.ts';
import { captureCommand, type CaptureOptions } from './capture-command.ts';
import { doctorCommand, type DoctorOptions } from './doctor-command.ts';
import { ExitCode } from './exit-codes.ts';
import { psCommand, type PsOptions } from './ps-command.ts';
import { reportCommand } from './report-command.ts';
import { addResultOptions, type ResultOptions } from './result.ts';
import type { Surroundings } from './surroundings.ts';

const exitCodes = `
Exit codes:
  0  done
  1  a leak was found, with --fail-on leak
  2  the command line is wrong
  3  the capture is impossible, or was cut short
  4  the target ended before there was enough evidence (the report is printed all the same)`;

const captureHelp = `
A launched program (-- COMMAND ARGS...) is captured from its start. The capture ends with the
program, or when the duration is over: then the program is ended, too, with SIGTERM. Its output
goes to standard error, so that standard output holds nothing but the report.

Ctrl-C ends the capture and prints the report; a second Ctrl-C gives up.

Tracing needs root. Without it, the agent alone is started through "sudo -n".

Examples:
  leaklens capture --pid 4711
  leaklens capture --name my_server --duration 5m --output my_server.leaklens
  leaklens capture --duration 30s --format sarif --output leaks.sarif --fail-on leak -- ./my_tests
${exitCodes}`;

/**
 * Runs the command that the arguments ask for.
 * @param args without the interpreter and the script
 * @returns the exit code
 * @throws UserError what the command could not do
 */
export async function runProgram(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { out, err } = surroundings.console;
  let code: ExitCode = ExitCode.done;
  const program = new Command('leaklens')
    .description('Finds memory leaks in running C++ programs on Linux.')
    .version(packageJson.version)
    .addHelpText('after', exitCodes)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        out.write(text);
      },
      writeErr: (text) => {
        err.write(text);
      },
    });

  const capture = program
    .command('capture')
    .description('trace a process for some time and report what leaks')
    .usage('(--pid N | --name PATTERN | -- COMMAND ARGS...) [options]')
    .argument('[command...]', 'program to launch and capture, with its arguments')
    .option('-p, --pid <pid>', 'capture this running process')
    .option(
      '-n, --name <pattern>',
      'capture the one process of this name, or whose name matches this regular expression',
    )
    .option('-d, --duration <time>', 'how long, such as 90s, 5m or 1h', '60s')
    .option('-i, --interval <time>', 'time between samples, from 100ms', '1s');
  capture.addOption(
    new Option('--until <what>', 'end as soon as a leak is certain').choices(['verdict']),
  );
  addResultOptions(capture);
  addAgentOptions(capture)
    .option('-v, --verbose', 'show where the probes sit, and what the agent logs')
    .addHelpText('after', captureHelp)
    .action(async (command: string[], options: CaptureOptions) => {
      code = await captureCommand(command, options, surroundings);
    });

  addResultOptions(
    program
      .command('report')
      .description('report on a saved capture again; needs no root')
      .argument('<file>', 'a capture that was saved with --format json, or as .leaklens'),
  ).action(async (file: string, options: ResultOptions) => {
    code = await reportCommand(file, options, surroundings);
  });

  addAgentOptions(
    program
      .command('doctor')
      .description('check what this host, and a process on it, offers to a capture')
      .option('-p, --pid <pid>', 'check this process, too')
      .addOption(formatOption()),
  ).action(async (options: DoctorOptions & AgentOptions) => {
    code = await doctorCommand(options, surroundings);
  });

  addAgentOptions(
    program
      .command('ps')
      .description('list the processes that can be captured')
      .addOption(formatOption()),
  ).action(async (options: PsOptions & AgentOptions) => {
    code = await psCommand(options, surroundings);
  });

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has printed it already. Help that was asked for is no error.
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    }
    throw error;
  }
  return code;
}

function formatOption(): Option {
  return new Option('--format <format>', 'text or json').choices(['text', 'json']).default('text');
}
