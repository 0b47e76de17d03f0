/**
 * The page behind the code of a Problems entry: what the verdict means, the numbers that it rests
 * on, and what to do next. Pure Markdown text.
 */
import type { Report, Site } from '../../analysis/report.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
} from '../../../protocol/quantities.ts';
import { markdownText, shortFunction } from '../../text/untrusted.ts';
import { framePlace } from './hoverText.ts';

const meanings: Readonly<Record<Site['verdict'], string>> = {
  leak: 'Blocks that were allocated on this line stay allocated, in each slice of the capture, and the total rises steadily. Nothing that was seen releases them.',
  growing:
    'Blocks that were allocated on this line were not freed so far, and their number rises. The capture is too short, or the growth too young, to exclude a bound or a late release.',
  cache: 'The blocks are bounded: old ones are released, or the growth has stopped at a bound.',
  'warm-up': 'The blocks were allocated at the beginning, and there was no growth after that.',
  sawtooth: 'The blocks pile up and are released together, again and again.',
  steady: 'As much is freed as is allocated.',
  'insufficient data': 'There were too few blocks or samples to judge, or too many were lost.',
};

const advice: Readonly<Partial<Record<Site['verdict'], string>>> = {
  leak: 'Look for the path on which the owner of this block goes out of scope without releasing it: an early return, an exception, an overwritten pointer, a cycle of shared pointers, a container that is only added to.',
  growing:
    'Capture for longer, under the usual load. A cache that is filling stops at its bound; a leak goes on.',
};

/** @param target name of the process */
export function explanationMarkdown(site: Site, report: Report, target: string): string {
  const blamed = site.blamed;
  const where =
    blamed === undefined
      ? 'a place without source'
      : `${markdownText(shortFunction(blamed.function))}, ${markdownText(framePlace(blamed))}`;
  const [low, high] = site.trend.interval;
  const rows: [string, string][] = [
    ['Verdict', `${site.verdict}, ${formatShare(site.confidence)} sure`],
    ['Growth', formatRate(site.trend.bytesPerSecond)],
    ...(Number.isFinite(low) && Number.isFinite(high)
      ? [['95% interval', `${formatRate(low)} to ${formatRate(high)}`] satisfies [string, string]]
      : []),
    ['Robust slope', formatRate(site.trend.robustBytesPerSecond)],
    ['Straight line (R²)', formatShare(site.trend.rSquared)],
    [
      'Not freed',
      `${formatBytes(site.outstandingBytes)} in ${formatCount(site.outstandingCount)} blocks`,
    ],
    ['Allocated, freed', `${formatCount(site.allocations)}, ${formatCount(site.frees)}`],
    ['Call stacks', formatCount(site.stacks.length)],
    ['Captured', `${formatDuration(report.durationNs)}, ${formatCount(report.samples)} samples`],
  ];
  const losses = report.lossNotes.map((note) => `- ${markdownText(note)}`);
  return [
    `# ${site.verdict} at ${where}`,
    '',
    `In ${markdownText(target, 40)}. ${markdownText(site.explanation, 400)}`,
    '',
    '| | |',
    '|:--|:--|',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    '## What the verdict means',
    '',
    meanings[site.verdict],
    ...(advice[site.verdict] === undefined ? [] : ['', '## What to do', '', advice[site.verdict]]),
    ...(losses.length === 0 ? [] : ['', '## What was not seen', '', ...losses]),
    '',
  ].join('\n');
}
