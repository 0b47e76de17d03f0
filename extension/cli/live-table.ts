/**
 * The live table: one picture of a running capture, as lines for a terminal of a given size. Pure:
 * the same state gives the same lines.
 */
import { leakRate } from '../analysis/exhaustion.ts';
import type { Report, Site } from '../analysis/report.ts';
import type { Sample } from '../capture/capture.ts';
import { cut } from './columns.ts';
import {
  countOf,
  formatBytes,
  formatClock,
  formatCount,
  formatGrowth,
  formatShare,
  printable,
} from './format.ts';
import { siteTable, type TableOptions } from './site-table.ts';

export interface LiveState {
  /** Name and PID of the target. */
  readonly target: string;
  readonly elapsedMs: number;
  readonly durationMs: number;
  /** Undefined before there is anything to judge. */
  readonly report: Report | undefined;
  readonly first: Sample | undefined;
  readonly last: Sample | undefined;
  /** True once the capture is being ended. */
  readonly stopping: boolean;
}

export interface LiveOptions extends TableOptions {
  /** Lines of the terminal. */
  readonly rows: number;
}

const BAR_WIDTH = 20;
/** Lines beside the sites: the columns' names, a blank line, the hint, and where the cursor rests. */
const LINES_BELOW = 4;

export function liveTable(state: LiveState, options: LiveOptions): string[] {
  const { style, columns } = options;
  const lines = [header(state, options), ...facts(state, options), ''];
  const sites = state.report?.sites ?? [];
  if (sites.length === 0) {
    lines.push(style('quiet', 'Waiting for the first allocations…'));
  } else {
    const room = Math.max(1, options.rows - lines.length - LINES_BELOW);
    const shown = byGrowth(sites).slice(0, sites.length > room ? room - 1 : room);
    lines.push(...siteTable(shown, options));
    const more = sites.length - shown.length;
    if (more > 0) lines.push(style('quiet', cut(`and ${countOf(more, 'more site')}`, columns)));
  }
  const hint = state.stopping
    ? 'Ending the capture… Ctrl-C again gives up without a report.'
    : 'Ctrl-C ends the capture and prints the report.';
  lines.push('', style('quiet', cut(hint, columns)));
  return lines;
}

/** What stayed behind and grows comes first; a verdict orders only what grows alike. */
function byGrowth(sites: readonly Site[]): Site[] {
  return [...sites].sort((a, b) => leakRate(b) - leakRate(a));
}

function header(state: LiveState, { columns, style }: LiveOptions): string {
  const done = Math.min(1, state.elapsedMs / state.durationMs);
  const filled = Math.round(done * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const clock = `${formatClock(Math.min(state.elapsedMs, state.durationMs))} of ${formatClock(state.durationMs)}`;
  const name = cut(state.target, Math.max(8, columns - BAR_WIDTH - clock.length - 14));
  return `${style('strong', `LeakLens  ${name}`)}  ${bar}  ${clock}`;
}

function facts({ report, first, last }: LiveState, { columns, style }: LiveOptions): string[] {
  if (first === undefined || last === undefined) return [];
  const alive = last.totals.allocatedBytes - last.totals.freedBytes;
  const blocks = last.totals.allocations - last.totals.frees;
  const memory =
    `memory  process ${formatBytes(last.process.rssBytes)} ` +
    `(${formatGrowth(last.process.rssBytes - first.process.rssBytes)}), ` +
    `traced ${formatGrowth(alive)} in ${countOf(blocks, 'block')}, ` +
    `${formatCount(last.totals.allocations)} allocations`;
  const { coreShare, targetShare } = last.cost;
  const cost = `cost    ${formatShare(coreShare)} of a core, ${formatShare(targetShare)} of the target's time`;
  const lines = [cut(memory, columns), cut(cost, columns)];
  const notes = report?.lossNotes ?? [];
  if (notes.length > 0) {
    lines.push(style('warning', cut(`losses  ${notes.map(printable).join('; ')}`, columns)));
  }
  return lines;
}
