/** A chart's figures as a table, for those who cannot see it or want to copy them. */
import { element } from '../dom.ts';
import { formatClock } from '../format.ts';
import { valueAt, type Line } from './line.ts';

/** Rows: enough to follow a trend by ear. */
const MOMENTS = 12;

export class DataTable {
  readonly element: HTMLDetailsElement;
  private readonly table = element('table', {});
  private readonly format: (value: number) => string;
  private lines: readonly Line[] = [];
  private endNs = 0;

  constructor(title: string, format: (value: number) => string) {
    this.format = format;
    this.element = element(
      'details',
      { class: 'data' },
      element('summary', { 'aria-label': `${title}: figures as a table` }, 'Figures'),
      element('div', { class: 'data-scroll', tabindex: 0 }, this.table),
    );
    this.element.addEventListener('toggle', () => {
      this.fill();
    });
  }

  render(lines: readonly Line[], endNs: number): void {
    this.lines = lines;
    this.endNs = endNs;
    this.fill();
  }

  /** Nothing is filled in while it is closed. */
  private fill(): void {
    if (!this.element.open) return;
    const head = element('tr', {}, element('th', { scope: 'col' }, 'Time'));
    for (const line of this.lines) head.append(element('th', { scope: 'col' }, line.label));
    const rows = Array.from({ length: MOMENTS }, (_, at) => {
      const ns = (this.endNs * at) / (MOMENTS - 1);
      const row = element('tr', {}, element('th', { scope: 'row' }, formatClock(ns)));
      for (const line of this.lines) {
        const value = valueAt(line, ns);
        row.append(element('td', {}, value === undefined ? '–' : this.format(value)));
      }
      return row;
    });
    this.table.replaceChildren(element('thead', {}, head), element('tbody', {}, ...rows));
  }
}
