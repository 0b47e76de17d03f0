/** `leaklens doctor`: what this host, and one target if asked, offers to a capture. */
import type { DoctorResult } from '../../protocol/agent.ts';
import { type AgentOptions, connect } from './agent-options.ts';
import { parsePid } from './capture-command.ts';
import { ExitCode } from './exit-codes.ts';
import { pad } from './columns.ts';
import { printable } from './format.ts';
import type { Role, Style } from './style.ts';
import type { Surroundings } from './surroundings.ts';

export interface DoctorOptions extends AgentOptions {
  readonly pid?: string;
  readonly format: 'text' | 'json';
}

const roles = { ok: 'good', warning: 'warning', failed: 'bad' } as const satisfies Record<
  DoctorResult['checks'][number]['status'],
  Role
>;

/**
 * @returns done where a capture can run, else captureImpossible
 * @throws UserError when not even the agent can be started
 */
export async function doctorCommand(
  options: DoctorOptions,
  { console, bundleDirectory }: Surroundings,
): Promise<ExitCode> {
  const params = options.pid === undefined ? {} : { pid: parsePid(options.pid) };
  const connection = await connect(options, bundleDirectory);
  try {
    const result = await connection.request('doctor', params);
    if (options.format === 'json') console.out.write(`${JSON.stringify(result, undefined, 2)}\n`);
    else console.out.writeLines(doctorText(result, console.out.style));
    return result.usable ? ExitCode.done : ExitCode.captureImpossible;
  } finally {
    await connection.dispose();
  }
}

/** The checks as lines: status, title and finding, and beneath it what to do. */
export function doctorText({ checks, usable }: DoctorResult, style: Style): string[] {
  const lines = checks.flatMap(({ status, title, detail, advice }) => [
    `${style(roles[status], pad(status, 7))}  ${style('strong', printable(title))}: ${printable(detail)}`,
    ...(advice === undefined ? [] : [`         ${printable(advice)}`]),
  ]);
  const verdict = usable
    ? style('good', 'Captures can run here.')
    : style('bad', 'No capture can run here: see what failed.');
  return [...lines, '', verdict];
}
