/**
 * The table of sites. Only the rows in sight are elements, so that a thousand sites cost no more
 * than a screenful; for assistive technology it is a grid that knows its whole length.
 */
import type { SiteRow } from '../protocol/view.ts';
import { button, element, setAttribute, setText } from './dom.ts';
import { formatCount } from './format.ts';
import type { SortColumn } from './host.ts';
import { cells, columns } from './siteCells.ts';
import { descendsFirst, orderedRows, type Sort } from './siteOrder.ts';

/** Keys repeat; the extension is told once they rest. */
const KEY_REST_MS = 120;
/** For so long the extension's state may still be from before the user's last choice. */
const ECHO_MS = 1000;
/** Rows above and beneath those in sight. */
const OVERSCAN = 6;
const PAGE = 10;

export interface SiteTableEvents {
  readonly onSelect: (site: number | null) => void;
  readonly onOpen: (site: number) => void;
  readonly onArrange: (arrangement: { sort: Sort | null; filter: string }) => void;
}

export class SiteTable {
  readonly element: HTMLElement;
  private readonly events: SiteTableEvents;
  private readonly count = element('span', { class: 'count', role: 'status' });
  private readonly search: HTMLInputElement;
  private readonly head = element('div', {
    class: 'grid-row grid-head',
    role: 'row',
    'aria-rowindex': 1,
  });
  private readonly space = element('div', { class: 'grid-space', role: 'presentation' });
  private readonly viewport: HTMLElement;
  private readonly grid: HTMLElement;
  private readonly none = element('p', { class: 'nothing', hidden: true });
  private readonly drawn = new Map<number, { row: SiteRow; node: HTMLElement }>();
  private rows: readonly SiteRow[] = [];
  private listed: readonly SiteRow[] = [];
  private selected: number | null = null;
  /** Until then what the user chose here counts, even if the extension says otherwise. */
  private chosenUntil = 0;
  private keyTimer: number | undefined;
  private sort: Sort | null;
  private filter: string;
  private rowHeight = 0;

  constructor(events: SiteTableEvents, arrangement: { sort: Sort | null; filter: string }) {
    this.events = events;
    this.sort = arrangement.sort;
    this.filter = arrangement.filter;
    this.search = element('input', {
      type: 'search',
      class: 'filter',
      placeholder: 'Filter by function, file or verdict',
      'aria-label': 'Filter sites',
      value: this.filter,
    });
    this.viewport = element(
      'div',
      { class: 'grid-viewport', role: 'rowgroup' },
      this.space,
      this.none,
    );
    this.grid = element(
      'div',
      {
        class: 'grid',
        id: 'sites-grid',
        role: 'grid',
        tabindex: 0,
        'aria-label': 'Sites',
        'aria-describedby': 'grid-hint',
      },
      element('div', { role: 'rowgroup', class: 'grid-heads' }, this.head),
      this.viewport,
    );
    this.head.append(...columns.map((it) => this.headCell(it)));
    this.element = element(
      'section',
      { class: 'panel sites', id: 'sites', 'aria-labelledby': 'sites-title' },
      element('header', {}, element('h2', { id: 'sites-title' }, 'Sites'), this.count, this.search),
      element(
        'p',
        { id: 'grid-hint', class: 'visually-hidden' },
        'Arrow keys select a site, Enter opens its source.',
      ),
      this.grid,
    );
    this.listen();
  }

  render(rows: readonly SiteRow[], selected: number | null): void {
    this.rows = rows;
    const late = selected !== this.selected && performance.now() < this.chosenUntil;
    const moved = selected !== this.selected && !late;
    if (!late) this.selected = selected;
    this.arrange();
    if (moved) this.reveal();
  }

  private listen(): void {
    this.search.addEventListener('input', () => {
      this.filter = this.search.value;
      this.events.onArrange({ sort: this.sort, filter: this.filter });
      this.arrange();
    });
    this.viewport.addEventListener('scroll', () => {
      this.draw();
    });
    new ResizeObserver(() => {
      this.draw();
    }).observe(this.viewport);
    this.grid.addEventListener('keydown', (event) => {
      if (event.target === this.grid) this.press(event);
    });
    this.space.addEventListener('click', (event) => {
      const id = rowOf(event);
      if (id === undefined) return;
      if (event.target instanceof Element && event.target.closest('.place') !== null)
        this.events.onOpen(id);
      else this.select(id);
    });
    this.space.addEventListener('dblclick', (event) => {
      const id = rowOf(event);
      if (id !== undefined) this.events.onOpen(id);
    });
  }

  private press(event: KeyboardEvent): void {
    const at = this.listed.findIndex((it) => it.id === this.selected);
    const last = this.listed.length - 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + PAGE,
      PageUp: at - PAGE,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target !== undefined) {
      event.preventDefault();
      const row = this.listed[Math.min(last, Math.max(0, target))];
      if (row !== undefined) this.select(row.id, KEY_REST_MS);
    } else if (event.key === 'Enter' && this.selected !== null) {
      event.preventDefault();
      this.events.onOpen(this.selected);
    } else if (event.key === 'Escape' && this.selected !== null) {
      event.preventDefault();
      this.select(null);
    }
  }

  /** Shows the selection at once; the extension's answer brings the rest. */
  private select(id: number | null, restMs = 0): void {
    this.selected = id;
    this.chosenUntil = performance.now() + ECHO_MS;
    this.reveal();
    this.draw();
    window.clearTimeout(this.keyTimer);
    if (restMs === 0) this.events.onSelect(id);
    else
      this.keyTimer = window.setTimeout(() => {
        this.events.onSelect(id);
      }, restMs);
  }

  private reveal(): void {
    const at = this.listed.findIndex((it) => it.id === this.selected);
    if (at < 0 || this.rowHeight <= 0) return;
    const top = at * this.rowHeight;
    const { viewport } = this;
    if (top < viewport.scrollTop) viewport.scrollTop = top;
    else if (top + this.rowHeight > viewport.scrollTop + viewport.clientHeight)
      viewport.scrollTop = top + this.rowHeight - viewport.clientHeight;
  }

  private arrange(): void {
    this.listed = orderedRows(this.rows, this.sort, this.filter);
    const all = formatCount(this.rows.length);
    const some = formatCount(this.listed.length);
    setText(this.count, this.filter === '' ? all : `${some} of ${all}`);
    setAttribute(this.grid, 'aria-rowcount', this.listed.length + 1);
    this.none.hidden = this.listed.length > 0;
    setText(
      this.none,
      this.rows.length > 0
        ? 'No site has all of these words.'
        : 'No outstanding allocation has been seen yet.',
    );
    for (const [at, cell] of [...this.head.children].entries()) {
      const column = columns[at]?.column ?? null;
      const sorted = this.sort !== null && this.sort.column === column;
      const direction = this.sort?.descending === true ? 'descending' : 'ascending';
      if (column !== null) setAttribute(cell, 'aria-sort', sorted ? direction : 'none');
    }
    this.draw();
  }

  /** Puts the rows in sight, and no others, into the document. */
  private draw(): void {
    this.rowHeight = parseFloat(getComputedStyle(this.grid).getPropertyValue('--row-height')) || 28;
    const { rowHeight, viewport } = this;
    this.space.style.height = `${this.listed.length * rowHeight}px`;
    const from = Math.max(0, Math.floor(viewport.scrollTop / rowHeight) - OVERSCAN);
    const to = Math.ceil((viewport.scrollTop + viewport.clientHeight) / rowHeight) + OVERSCAN;
    const wanted = new Set<number>();
    for (let at = from; at < Math.min(to, this.listed.length); at += 1) {
      const row = this.listed[at];
      if (row === undefined) continue;
      wanted.add(row.id);
      const node = this.rowNode(row);
      node.style.top = `${at * rowHeight}px`;
      setAttribute(node, 'aria-rowindex', at + 2);
      setAttribute(node, 'aria-selected', String(row.id === this.selected));
    }
    for (const [id, { node }] of this.drawn) {
      if (wanted.has(id)) continue;
      node.remove();
      this.drawn.delete(id);
    }
    const active = this.selected !== null && wanted.has(this.selected);
    setAttribute(
      this.grid,
      'aria-activedescendant',
      active ? `site-${this.selected ?? ''}` : undefined,
    );
  }

  private rowNode(row: SiteRow): HTMLElement {
    const known = this.drawn.get(row.id);
    if (known?.row === row) return known.node;
    const node =
      known?.node ??
      element('div', {
        class: 'grid-row',
        role: 'row',
        id: `site-${row.id}`,
        'data-site': row.id,
      });
    setAttribute(node, 'data-verdict', row.verdict);
    node.replaceChildren(...cells(row));
    if (known === undefined) this.space.append(node);
    this.drawn.set(row.id, { row, node });
    return node;
  }

  private headCell({ column, label, css }: (typeof columns)[number]): HTMLElement {
    if (column === null)
      return element('div', { class: css, role: 'columnheader' }, element('span', {}, label));
    const sorter = button(label, {}, () => {
      this.sortBy(column);
    });
    return element('div', { class: css, role: 'columnheader', 'aria-sort': 'none' }, sorter);
  }

  /** First click: the column's natural direction; second: the other; third: the report's order. */
  private sortBy(column: SortColumn): void {
    const first = descendsFirst(column);
    if (this.sort?.column !== column) this.sort = { column, descending: first };
    else if (this.sort.descending === first) this.sort = { column, descending: !first };
    else this.sort = null;
    this.events.onArrange({ sort: this.sort, filter: this.filter });
    this.viewport.scrollTop = 0;
    this.arrange();
  }
}

function rowOf(event: Event): number | undefined {
  const row = event.target instanceof Element ? event.target.closest('[data-site]') : null;
  return row instanceof HTMLElement ? Number(row.dataset['site']) : undefined;
}
