/**
 * The hover on a marked line, as Markdown: verdict, numbers, growth curve and call stack. Pure.
 *
 * Names and paths of the target are escaped; the only links are commands of ours, made by the
 * caller, and the only picture is the one drawn here.
 */
import type { Site, SiteStack, StackFrame } from '../../analysis/report.ts';
import { formatBytes, formatCount, formatRate, formatShare } from '../../../protocol/quantities.ts';
import { markdownText, shortFunction } from '../../text/untrusted.ts';
import { staleNote } from './markText.ts';
import { sparklineUri } from './sparkline.ts';

/** Hex colours of the curve that can be read on light and dark backgrounds. */
const curveColors = { leak: '#e8563a', growing: '#c09000' } as const;

const maxFrames = 12;

export interface HoverLinks {
  /** A command URI that opens the frame's line, or undefined where it has none. */
  frame(frame: StackFrame): string | undefined;
  readonly chart: string;
  readonly dismiss: string;
}

/**
 * @param target name of the process
 * @param stale whether the source is newer than the binary
 * @param explain false where the Problems entry in the same hover explains already
 */
export function hoverMarkdown(
  site: Site,
  target: string,
  stale: boolean,
  explain: boolean,
  links: HoverLinks,
): string {
  const leak = site.verdict === 'leak';
  const [low, high] = site.trend.interval;
  const bounded = Number.isFinite(low) && Number.isFinite(high);
  const interval = bounded ? ` (95%: ${formatRate(low)} to ${formatRate(high)})` : '';
  const picture = sparklineUri(site.series, leak ? curveColors.leak : curveColors.growing);
  const lines = [
    `**${leak ? 'Memory leak' : 'Growing memory'}** in ${markdownText(target, 40)}, ${formatShare(site.confidence)} sure`,
  ];
  if (picture !== undefined) lines.push('', `![Outstanding bytes over time](${picture})`);
  if (explain) lines.push('', markdownText(site.explanation, 400));
  lines.push(
    '',
    '| | |',
    '|:--|:--|',
    `| Growth | ${formatRate(site.trend.bytesPerSecond)}${interval} |`,
    `| Not freed | ${formatBytes(site.outstandingBytes)} in ${formatCount(site.outstandingCount)} blocks |`,
    `| Allocated, freed | ${formatCount(site.allocations)}, ${formatCount(site.frees)} |`,
    ...siblingRows(site),
  );
  if (stale) lines.push('', `$(warning) ${staleNote}`);
  const [stack, ...more] = site.stacks;
  if (stack !== undefined) lines.push('', ...stackLines(stack, more.length, links));
  lines.push(
    '',
    `[$(graph-line) Show chart](${links.chart}) · [$(eye-closed) Dismiss](${links.dismiss})`,
  );
  return lines.join('\n');
}

/** Where the blocks that do not leak are freed, and which caller tells the leaking ones apart. */
function siblingRows({ freedAt, through }: Site): string[] {
  const rows: string[] = [];
  const [most] = freedAt;
  if (most?.frame !== undefined) {
    const name = markdownText(shortFunction(most.frame.function), 60);
    const place = markdownText(framePlace(most.frame), 60);
    rows.push(`| Siblings freed | ${formatShare(most.share)} in ${name} ${place} |`);
  }
  if (through !== undefined) {
    const name = markdownText(shortFunction(through.function), 60);
    rows.push(`| Leaks through | ${name} ${markdownText(framePlace(through), 60)} |`);
  }
  return rows;
}

function stackLines(stack: SiteStack, others: number, links: HoverLinks): string[] {
  const shown = stack.frames.slice(0, maxFrames).map((frame) => {
    const name = markdownText(shortFunction(frame.function), 80);
    const place = framePlace(frame);
    const link = links.frame(frame);
    const text = link === undefined ? name : `[${name}](${link})`;
    return `1. ${text}${place === '' ? '' : ` ${markdownText(place, 80)}`}${frame.inlined ? ' _inlined_' : ''}`;
  });
  const hidden = stack.frames.length - shown.length;
  const notes = [
    ...(hidden > 0 ? [`${hidden} more callers`] : []),
    ...(others > 0 ? [`${others} more call stacks reach this line`] : []),
    ...(stack.end === 'truncated' ? ['the outermost callers are missing'] : []),
    ...(stack.end === 'guessed' ? ['frame pointers had to be trusted'] : []),
  ];
  const heading = `**Call stack** of ${formatBytes(stack.outstandingBytes)}`;
  return [heading, '', ...shown, ...(notes.length > 0 ? ['', `_${notes.join('; ')}_`] : [])];
}

/** "error_path.cpp:31", or the module's name where no source is known. */
export function framePlace(frame: StackFrame): string {
  const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  if (frame.file === undefined) return base(frame.module);
  return frame.line === undefined ? base(frame.file) : `${base(frame.file)}:${frame.line}`;
}
