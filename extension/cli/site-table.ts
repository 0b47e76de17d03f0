/** The sites of a running capture as a table: one line each, fitted to the terminal. */
import { leakRate } from '../analysis/exhaustion.ts';
import type { Site } from '../analysis/report.ts';
import { cut, pad, widthOf } from './columns.ts';
import { formatBytes, formatCount, formatRate, sparkline } from './format.ts';
import { siteFunction, siteLocation } from './present.ts';
import { roleOf, type Style } from './style.ts';

export interface TableOptions {
  /** Columns of the terminal. */
  readonly columns: number;
  /** Paths below it are shown relative to it. */
  readonly cwd: string;
  readonly style: Style;
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly side: 'left' | 'right';
  readonly text: (site: Site) => string;
}

/** Terminals from this width on have room for everything. */
const ROOMY_COLUMNS = 100;

const verdict: Column = {
  title: 'VERDICT',
  width: 8,
  side: 'left',
  // In a running capture there is no verdict more common, and none as long.
  text: (site) => (site.verdict === 'insufficient data' ? 'unsure' : site.verdict),
};
const growth = (width: number): Column => ({
  title: 'GROWTH',
  width,
  side: 'left',
  text: (site) => sparkline(site.series.outstandingBytes, width),
});
const outstanding: Column = {
  title: 'OUTSTANDING',
  width: 11,
  side: 'right',
  text: (site) => formatBytes(site.outstandingBytes),
};
const blocks: Column = {
  title: 'BLOCKS',
  width: 10,
  side: 'right',
  text: (site) => formatCount(site.outstandingCount),
};
const rate: Column = {
  title: 'RATE',
  width: 11,
  side: 'right',
  text: (site) => formatRate(leakRate(site)),
};

/**
 * @param sites in the order in which they are shown; not empty
 * @returns the columns' names and a line for each site
 */
export function siteTable(sites: readonly Site[], options: TableOptions): string[] {
  const { columns, style } = options;
  const numbers =
    columns >= ROOMY_COLUMNS
      ? [growth(16), outstanding, blocks, rate]
      : [growth(8), outstanding, rate];
  const names = [verdict, ...numbers].map(({ title, width, side }) => pad(title, width, side));
  const header = cut([...names, ' SITE'].join(' '), columns);
  return [style('quiet', header), ...sites.map((site) => siteLine(site, numbers, options))];
}

function siteLine(site: Site, numbers: readonly Column[], options: TableOptions): string {
  const { columns, cwd, style } = options;
  const label = pad(verdict.text(site), verdict.width);
  const cells = numbers.map(({ text, width, side }) => pad(text(site), width, side)).join(' ');
  const room = Math.max(0, columns - widthOf(`${label} ${cells}  `));
  // The line's number is at the end, so the end is what must stay.
  const place = cut(siteLocation(site, cwd), room, 'end');
  const name = siteFunction(site);
  const after = name === '' ? '' : cut(`  ${name}`, room - widthOf(place));
  const verdictText = style(roleOf(site.verdict), label);
  return `${verdictText} ${cells}  ${style('strong', place)}${style('quiet', after)}`;
}
