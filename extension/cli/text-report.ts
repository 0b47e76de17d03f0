/**
 * The report as text: each leak with the evidence and the stack that leads to it, the other sites
 * briefly, and then what qualifies it all: the process's own growth, losses, and the cost. The last
 * lines name the leaking lines alone, for those who read nothing else.
 */
import { leakRate } from '../analysis/exhaustion.ts';
import type { Report, Site } from '../analysis/report.ts';
import type { Capture } from '../capture/capture.ts';
import { pad, wrap } from './columns.ts';
import {
  countOf,
  formatBytes,
  formatCount,
  formatRate,
  formatShare,
  formatSpan,
  printable,
  sparkline,
} from './format.ts';
import {
  frameShortName,
  frameLocation,
  siteFunction,
  siteLocation,
  targetName,
} from './present.ts';
import { roleOf, type Style } from './style.ts';
import { stackText } from './text-stack.ts';

export interface TextOptions {
  /** Paths below it are shown relative to it. */
  readonly cwd: string;
  readonly style: Style;
  /** Sentences are broken to fit; undefined: they are not, as when a program reads them. */
  readonly columns: number | undefined;
}

/** Call stacks shown of one leak; the rest are counted. */
const STACKS_SHOWN = 3;
/** Sites that are no leak, shown in one line each; the rest are counted. */
const OTHER_SITES_SHOWN = 8;

/**
 * @param capture what was recorded
 * @param report what analyze() made of it
 * @returns lines without line ends
 */
export function textReport(capture: Capture, report: Report, options: TextOptions): string[] {
  const leaks = report.sites.filter(({ verdict }) => verdict === 'leak');
  const others = report.sites.filter(({ verdict }) => verdict !== 'leak');
  return [
    ...heading(capture, report, options),
    ...leaks.flatMap((site) => ['', ...leakSection(site, options)]),
    ...otherSites(others, options),
    '',
    ...footnotes(report, options),
    '',
    ...conclusion(leaks, report, options),
  ];
}

function heading(capture: Capture, report: Report, { style }: TextOptions): string[] {
  const span = formatSpan(report.durationNs / 1e6);
  const lines = [
    `${style('strong', `LeakLens: ${targetName(capture)}`)} on ${printable(capture.host.hostname)}, ` +
      `${span}, ${countOf(report.samples, 'sample')}`,
  ];
  const { end } = capture;
  if (end !== undefined && end.reason !== 'stopped') {
    const detail = printable(end.detail);
    lines.push(style('warning', `The capture ended early: ${detail === '' ? end.reason : detail}`));
  }
  return lines;
}

/** A sentence, broken into lines that begin with the same indentation. */
function indented(sentence: string, indent: string, { columns }: TextOptions): string[] {
  const room = columns === undefined ? undefined : columns - indent.length;
  return wrap(printable(sentence), room).map((line) => indent + line);
}

function leakSection(site: Site, options: TextOptions): string[] {
  const { style, cwd } = options;
  const { trend } = site;
  const [low, high] = site.residue?.interval ?? trend.interval;
  const alive = formatShare(site.outstandingCount / Math.max(1, site.allocations));
  const name = siteFunction(site);
  const lines = [
    `${style('bad', 'LEAK')}  ${style('strong', siteLocation(site, cwd))}` +
      (name === '' ? '' : ` in ${name}`),
    `  ${formatRate(leakRate(site))}, ${formatBytes(site.outstandingBytes)} in ` +
      `${countOf(site.outstandingCount, 'block')}, confidence ${formatShare(site.confidence)}`,
    ...indented(site.explanation, '  ', options),
    `  ${sparkline(site.series.outstandingBytes, 40)}  95% between ${formatRate(low)} and ` +
      `${formatRate(high)}, R² ${trend.rSquared.toFixed(3)}`,
    `  ${countOf(site.allocations, 'allocation')}, ${countOf(site.frees, 'free')}, ${alive} still alive`,
    ...origins(site, options),
  ];
  for (const stack of site.stacks.slice(0, STACKS_SHOWN)) {
    lines.push('', ...stackText(site, stack, cwd, style));
  }
  const more = site.stacks.length - STACKS_SHOWN;
  if (more > 0) lines.push('', style('quiet', `  and ${countOf(more, 'more stack')}`));
  return lines;
}

/** What tells the leaking blocks from their siblings: who asked for them, where the others end. */
function origins(site: Site, { cwd }: TextOptions): string[] {
  const lines: string[] = [];
  if (site.through !== undefined) {
    lines.push(`  Those that stay come through ${frameLocation(site.through, cwd)}`);
  }
  const [place] = site.freedAt;
  if (place?.frame !== undefined && frameLocation(place.frame, cwd) !== '') {
    const share = formatShare(place.share);
    lines.push(
      `  The others are freed at ${frameLocation(place.frame, cwd)} (${share}), in ` +
        frameShortName(place.frame),
    );
  }
  return lines;
}

function otherSites(sites: readonly Site[], options: TextOptions): string[] {
  const { style, cwd } = options;
  if (sites.length === 0) return [];
  const shown = sites.slice(0, OTHER_SITES_SHOWN);
  const lines = shown.flatMap((site) => [
    `  ${style(roleOf(site.verdict), pad(site.verdict, 17))} ${siteLocation(site, cwd)}  ` +
      style(
        'quiet',
        `${formatRate(leakRate(site))}, ${formatBytes(site.outstandingBytes)} in ` +
          countOf(site.outstandingCount, 'block'),
      ),
    ...indented(site.explanation, '    ', options),
  ]);
  const more = sites.length - shown.length;
  if (more > 0) lines.push(style('quiet', `  and ${countOf(more, 'more site')}`));
  return ['', 'Other sites:', ...lines];
}

/** Sentences behind a label, one below the other. */
function labelled(
  label: string,
  sentences: readonly string[],
  columns: number | undefined,
): string[] {
  const width = 9;
  const room = columns === undefined ? undefined : columns - width;
  return sentences
    .filter((sentence) => sentence !== '')
    .flatMap((sentence) => wrap(printable(sentence), room))
    .map((line, index) => pad(index === 0 ? `${label}:` : '', width) + line);
}

function footnotes(report: Report, { style, columns }: TextOptions): string[] {
  const { cost, stackEnds } = report;
  const stacks = stackEnds.complete + stackEnds.truncated + stackEnds.guessed;
  const notes = report.lossNotes.length === 0 ? ['none'] : report.lossNotes;
  const memory = [report.balance.explanation, report.exhaustion?.explanation ?? ''];
  const lines = [
    ...labelled('Memory', memory, columns),
    // The share of the whole capture, and not of its last second, is what the target paid.
    `Cost:    ${formatShare(cost.targetNs / Math.max(1, report.durationNs))} of a core in the target, ` +
      `${formatShare(cost.agentNs / Math.max(1, report.durationNs))} in the agent, ` +
      `${formatCount(cost.hits)} probe hits`,
    `Stacks:  ${formatCount(stacks)}, ${formatShare(stackEnds.complete / Math.max(1, stacks))} complete`,
    ...labelled('Losses', notes, columns),
  ];
  if (report.partial) {
    lines.push(style('warning', 'The verdicts rest on partial data, because of the losses.'));
  }
  return lines;
}

function conclusion(leaks: readonly Site[], report: Report, options: TextOptions): string[] {
  const { style, cwd } = options;
  if (leaks.length > 0) {
    return leaks.map((site) => {
      const location = siteLocation(site, cwd);
      const name = siteFunction(site);
      const where = name === '' ? '' : ` in ${name}`;
      return `${style('bad', 'Leaking line:')} ${style('strong', location)}${where}`;
    });
  }
  const judged = report.sites.filter(({ verdict }) => verdict !== 'insufficient data').length;
  if (report.sites.length > 0 && judged === 0) {
    return ['No verdict: there was not enough evidence. A longer capture tells more.'];
  }
  return [style('good', `No leak found among ${countOf(report.sites.length, 'site')}.`)];
}
