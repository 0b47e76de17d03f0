/** Which sites the table lists, and in which order: what the user typed, and the column chosen. */
import { verdict, type SiteRow } from '../protocol/view.ts';
import type { SortColumn } from './host.ts';

export interface Sort {
  readonly column: SortColumn;
  readonly descending: boolean;
}

const verdictOrder = new Map(verdict.options.map((it, at) => [it, at]));

/** Columns whose first click puts the largest on top. */
export function descendsFirst(column: SortColumn): boolean {
  return column !== 'verdict' && column !== 'site';
}

/**
 * The rows that hold every word of `filter`, in the chosen order; without a choice, in the report's
 * own. Rows that are equal keep the report's order.
 */
export function orderedRows(
  rows: readonly SiteRow[],
  sort: Sort | null,
  filter: string,
): readonly SiteRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const listed = words.length === 0 ? rows : rows.filter((it) => holdsAll(it, words));
  if (sort === null) return listed;
  const sign = sort.descending ? -1 : 1;
  return [...listed].sort((a, b) => sign * compare(a, b, sort.column));
}

function holdsAll(row: SiteRow, words: readonly string[]): boolean {
  const text =
    `${row.frame.name} ${row.frame.file ?? ''} ${row.verdict} ${row.explanation}`.toLowerCase();
  return words.every((it) => text.includes(it));
}

function compare(a: SiteRow, b: SiteRow, column: SortColumn): number {
  switch (column) {
    case 'verdict':
      return (verdictOrder.get(a.verdict) ?? 0) - (verdictOrder.get(b.verdict) ?? 0);
    case 'site':
      return a.frame.short.localeCompare(b.frame.short);
    case 'rate':
      return a.bytesPerSecond - b.bytesPerSecond;
    case 'outstanding':
      return a.outstandingBytes - b.outstandingBytes;
    case 'blocks':
      return a.outstandingCount - b.outstandingCount;
    case 'confidence':
      return a.confidence - b.confidence;
  }
}
