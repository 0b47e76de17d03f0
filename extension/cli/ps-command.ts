/** `leaklens ps`: the processes that can be captured. */
import type { ProcessInfo } from '../../protocol/agent.ts';
import { type AgentOptions, connect } from './agent-options.ts';
import { ExitCode } from './exit-codes.ts';
import { cut, pad, widthOf } from './columns.ts';
import { formatBytes, formatCount, printable } from './format.ts';
import type { Surroundings } from './surroundings.ts';

export interface PsOptions extends AgentOptions {
  readonly format: 'text' | 'json';
}

/**
 * @returns the exit code
 * @throws UserError when the agent cannot be asked
 */
export async function psCommand(
  options: PsOptions,
  { console, bundleDirectory }: Surroundings,
): Promise<ExitCode> {
  const connection = await connect(options, bundleDirectory);
  try {
    const { processes } = await connection.request('process/list', undefined);
    const { out } = console;
    if (options.format === 'json') out.write(`${JSON.stringify(processes, undefined, 2)}\n`);
    else out.writeLines(processTable(processes, out.columns));
    return ExitCode.done;
  } finally {
    await connection.dispose();
  }
}

const titles = ['PID', 'USER', 'RSS', 'THREADS', 'ALLOCATOR', 'COMMAND'] as const;
const rightAligned: ReadonlySet<string> = new Set(['PID', 'RSS', 'THREADS']);

/**
 * @param processes as the agent lists them
 * @param width columns that a line may have; undefined: as many as it needs
 * @returns a table of those that can be captured, largest first, and the number of the others
 */
export function processTable(
  processes: readonly ProcessInfo[],
  width: number | undefined,
): string[] {
  const usable = processes.filter(({ obstacle }) => obstacle === undefined);
  const rows = [...usable]
    .sort((a, b) => b.rssBytes - a.rssBytes || a.pid - b.pid)
    .map((process) => [
      String(process.pid),
      printable(process.user),
      formatBytes(process.rssBytes),
      String(process.threads),
      [...new Set(process.allocators.map(({ family }) => family))].join(', '),
      printable(process.command.length > 0 ? process.command.join(' ') : process.name),
    ]);
  const table = [[...titles], ...rows];
  const widths = titles.map((_title, column) =>
    table.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), 0),
  );
  const lines = table.map((row) => {
    const cells = row.map((cell, column) =>
      pad(cell, widths[column] ?? 0, rightAligned.has(titles[column] ?? '') ? 'right' : 'left'),
    );
    const line = cells.join('  ').trimEnd();
    return width === undefined ? line : cut(line, width);
  });
  const others = processes.length - usable.length;
  if (others > 0) {
    const who = others === 1 ? '1 other process' : `${formatCount(others)} other processes`;
    lines.push(`${who} cannot be captured.`);
  }
  return lines;
}
