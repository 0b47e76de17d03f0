/** The columns of the table of sites, and a row's cells. */
import type { SiteRow } from '../protocol/view.ts';
import { element, setAttribute, sparkline } from './dom.ts';
import { formatBytes, formatCount, formatPlace, formatRate, formatShare } from './format.ts';
import { functionName } from './frames.ts';
import type { SortColumn } from './host.ts';
import { verdictBadge, verdictLabel } from './verdicts.ts';

/** In the order of the cells; those without a name to sort by have none. */
export const columns: readonly { column: SortColumn | null; label: string; css: string }[] = [
  { column: 'verdict', label: 'Verdict', css: 'col-verdict' },
  { column: 'site', label: 'Site', css: 'col-site' },
  { column: null, label: 'Trend', css: 'col-trend' },
  { column: 'rate', label: 'Rate', css: 'col-rate' },
  { column: 'outstanding', label: 'Outstanding', css: 'col-outstanding' },
  { column: 'blocks', label: 'Blocks', css: 'col-blocks' },
  { column: 'confidence', label: 'Sure', css: 'col-confidence' },
];

export function cells(row: SiteRow): HTMLElement[] {
  const { frame } = row;
  const place = formatPlace(frame.file, frame.line);
  const cell = (css: string, ...children: (Node | string)[]): HTMLElement =>
    element('div', { class: css, role: 'gridcell' }, ...children);
  const title = element('div', { class: 'site-name' }, functionName(frame));
  if (place !== '')
    title.append(element('span', { class: 'place', title: `Open ${frame.file ?? ''}` }, place));
  const why = element('div', { class: 'why', title: row.explanation }, row.explanation);
  const badge = verdictBadge(row.verdict);
  setAttribute(badge, 'title', verdictLabel(row.verdict));
  return [
    cell('col-verdict', badge),
    cell('col-site', title, why),
    cell('col-trend', sparkline(row.spark)),
    cell('col-rate', formatRate(row.bytesPerSecond)),
    cell('col-outstanding', formatBytes(row.outstandingBytes)),
    cell('col-blocks', formatCount(row.outstandingCount)),
    cell('col-confidence', formatShare(row.confidence)),
  ];
}
