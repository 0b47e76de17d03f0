/**
 * A chart over time as the user handles it: curves, a cursor that all charts share, a readout of
 * the values there, a window that can be brushed, and the same figures as a table for those who
 * cannot see them.
 *
 * For assistive technology the plot is a slider over time, whose value text reads the curves out.
 */
import type { ChartArea } from 'chart.js';
import { element, setAttribute } from '../dom.ts';
import { formatClock, formatRange } from '../format.ts';
import type { Theme } from '../theme.ts';
import { dragAnchor, pressKey, rangeBetween, type Range } from './brush.ts';
import type { Cursor } from './cursor.ts';
import { DataTable } from './dataTable.ts';
import { nearestLine, valueAt, type Band, type Line } from './line.ts';
import { Plot } from './plot.ts';
import { Readout, type Reading } from './readout.ts';

/** Pixels that the mouse may move and still have clicked, and that an edge can be grabbed from. */
const CLICK = 4;
const GRAB = 6;
/** Pixels from a curve within which a click means it. */
const CURVE_REACH = 14;
/** Keys repeat; the extension is asked once they rest. */
const KEY_REST_MS = 200;

export interface TimeChartOptions {
  readonly id: string;
  readonly title: string;
  /** One sentence beneath the title; empty for none. */
  readonly caption: string;
  readonly format: (value: number) => string;
  readonly cursor: Cursor;
  /** Null asks for the whole capture. */
  readonly onWindow: (range: Range | null) => void;
  /** A curve was clicked. */
  readonly onPick?: (key: string) => void;
}

export interface TimeChartView {
  readonly lines: readonly Line[];
  readonly band?: Band | undefined;
  readonly endNs: number;
  readonly window: Range | null;
  /** Times without samples. */
  readonly gaps: readonly Range[];
  readonly atLeast: number;
  readonly atMost?: number | undefined;
}

export class TimeChart {
  readonly element: HTMLElement;
  /** Beside the title: for what else can be chosen. */
  readonly actions = element('div', { class: 'chart-actions' });
  /** Beneath the title: for the legend. */
  readonly legend = element('div', { class: 'legend' });
  /** Beneath the curves: for what is to be said of them. */
  readonly notes = element('div', { class: 'notes' });
  private readonly options: TimeChartOptions;
  private readonly plot: Plot;
  private readonly surface: HTMLElement;
  private readonly gaps = element('div', { class: 'gaps' });
  private readonly shade = element('div', { class: 'brush-window', hidden: true });
  private readonly hair = element('div', { class: 'cursor-line', hidden: true });
  private readonly readout = new Readout();
  private readonly table: DataTable;
  private view: TimeChartView = { lines: [], endNs: 0, window: null, gaps: [], atLeast: 1 };
  /** The window while it is being chosen, before the extension has answered. */
  private draft: Range | null | undefined;
  private anchorNs: number | undefined;
  private keyTimer: number | undefined;
  /** True while this chart, and no other, is what the cursor was moved on. */
  private active = false;

  constructor(options: TimeChartOptions) {
    this.options = options;
    const { id, title, caption } = options;
    const canvas = element('canvas', { role: 'img', id: `${id}-canvas` });
    this.surface = element(
      'div',
      {
        class: 'brush',
        id: `${id}-brush`,
        role: 'slider',
        tabindex: 0,
        'aria-label': `${title}: moment`,
        'aria-describedby': 'brush-hint',
        'aria-valuemin': 0,
      },
      this.gaps,
      this.shade,
      this.hair,
    );
    const box = element('div', { class: 'plot' }, canvas, this.surface, this.readout.element);
    this.table = new DataTable(title, options.format);
    this.element = element(
      'section',
      { class: 'panel chart', id, 'aria-labelledby': `${id}-title` },
      element(
        'header',
        {},
        element('h2', { id: `${id}-title` }, title),
        this.actions,
        ...(caption === '' ? [] : [element('p', { class: 'caption' }, caption)]),
      ),
      this.legend,
      box,
      this.notes,
      this.table.element,
    );
    this.plot = new Plot(canvas, options.format, (area) => {
      this.place(area);
    });
    this.listen();
  }

  /** `summary` is what the picture says in one sentence or two. */
  render(view: TimeChartView, theme: Theme, summary: string): void {
    this.view = view;
    this.draft = undefined;
    this.plot.draw({ band: undefined, atMost: undefined, ...view }, theme);
    setAttribute(this.plot.canvas, 'aria-label', summary);
    setAttribute(this.surface, 'aria-valuemax', Math.round(view.endNs / 1e9));
    this.table.render(view.lines, view.endNs);
    this.showGaps();
    this.showWindow();
    this.showCursor(this.options.cursor.at);
  }

  /** The brush covers the place of the curves, not the axes. */
  private place(area: ChartArea): void {
    const { style } = this.surface;
    style.left = `${area.left}px`;
    style.top = `${area.top}px`;
    style.width = `${Math.max(0, area.right - area.left)}px`;
    style.height = `${Math.max(0, area.bottom - area.top)}px`;
  }

  private listen(): void {
    const { surface } = this;
    let start: { x: number; anchorNs: number } | undefined;
    surface.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      surface.setPointerCapture(event.pointerId);
      const reach = (GRAB * this.view.endNs) / Math.max(1, surface.clientWidth);
      start = {
        x: event.clientX,
        anchorNs: dragAnchor(this.timeOf(event), this.view.window, reach),
      };
    });
    surface.addEventListener('pointermove', (event) => {
      this.moveTo(this.timeOf(event));
      if (start !== undefined && Math.abs(event.clientX - start.x) > CLICK)
        this.sketch(rangeBetween(start.anchorNs, this.timeOf(event), this.view.endNs));
    });
    surface.addEventListener('pointerup', (event) => {
      if (start === undefined) return;
      start = undefined;
      if (this.draft !== undefined) this.options.onWindow(this.draft);
      else this.pick(event);
    });
    surface.addEventListener('pointercancel', () => {
      start = undefined;
      this.sketch(undefined);
    });
    surface.addEventListener('pointerleave', () => {
      if (document.activeElement !== surface) this.leave();
    });
    surface.addEventListener('blur', () => {
      this.leave();
    });
    surface.addEventListener('focus', () => {
      if (this.options.cursor.at === undefined) this.moveTo(this.view.endNs);
    });
    surface.addEventListener('keydown', (event) => {
      this.press(event);
    });
    this.options.cursor.onMove((ns) => {
      this.showCursor(ns);
    });
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { cursor, onWindow } = this.options;
    const result = pressKey(event.key, event.shiftKey, cursor.at, this.anchorNs, this.view.endNs);
    if (result === undefined) return;
    event.preventDefault();
    this.anchorNs = result.anchorNs;
    this.moveTo(result.cursorNs);
    const { window: chosen } = result;
    if (chosen === undefined) return;
    this.sketch(chosen);
    window.clearTimeout(this.keyTimer);
    this.keyTimer = window.setTimeout(() => {
      onWindow(chosen);
    }, KEY_REST_MS);
  }

  private pick(event: PointerEvent): void {
    const top = this.plot.canvas.getBoundingClientRect().top;
    const value = this.plot.valueAt(event.clientY - top);
    const reach = CURVE_REACH * this.plot.valuePerPixel;
    const line = nearestLine(this.view.lines, this.timeOf(event), value, reach);
    if (line !== undefined) this.options.onPick?.(line.key);
  }

  private timeOf(event: PointerEvent): number {
    const left = this.plot.canvas.getBoundingClientRect().left;
    const ns = this.plot.timeAt(event.clientX - left);
    return Math.min(this.view.endNs, Math.max(0, ns));
  }

  private moveTo(ns: number): void {
    this.active = true;
    this.options.cursor.move(ns);
    this.showCursor(ns);
  }

  private leave(): void {
    this.active = false;
    this.options.cursor.move(undefined);
  }

  private sketch(range: Range | null | undefined): void {
    this.draft = range;
    this.showWindow();
  }

  private showGaps(): void {
    const shades = this.view.gaps.map(({ fromNs, toNs }) => {
      const shade = element('div', { title: `No samples from ${formatRange(fromNs, toNs)}` });
      shade.style.left = this.percent(fromNs);
      shade.style.width = this.percent(toNs - fromNs);
      return shade;
    });
    this.gaps.replaceChildren(...shades);
  }

  private showWindow(): void {
    const range = this.draft === undefined ? this.view.window : this.draft;
    this.shade.hidden = range === null || this.view.endNs <= 0;
    if (range === null) return;
    this.shade.style.left = this.percent(range.fromNs);
    this.shade.style.width = this.percent(range.toNs - range.fromNs);
    setAttribute(this.shade, 'title', formatRange(range.fromNs, range.toNs));
  }

  private showCursor(ns: number | undefined): void {
    this.hair.hidden = ns === undefined;
    if (ns === undefined || !this.active) this.readout.hide();
    if (ns !== undefined) this.hair.style.left = this.percent(ns);
    // As a slider it always has a value: the end, where the cursor would begin.
    if (ns === undefined) this.speak(this.view.endNs, this.valuesAt(this.view.endNs));
    else if (this.active) {
      const values = this.valuesAt(ns);
      this.readout.show(ns, values, this.surface, ns / Math.max(1, this.view.endNs));
      this.speak(ns, values);
    }
  }

  private valuesAt(ns: number): Reading[] {
    return this.view.lines.flatMap((line) => {
      const value = valueAt(line, ns);
      return value === undefined ? [] : [{ line, text: this.options.format(value) }];
    });
  }

  private speak(ns: number, values: readonly Reading[]): void {
    const spoken = values.map(({ line, text }) => `${line.label} ${text}`).join(', ');
    setAttribute(this.surface, 'aria-valuenow', Math.round(ns / 1e9));
    setAttribute(this.surface, 'aria-valuetext', `${formatClock(ns)}: ${spoken || 'no value'}`);
  }

  private percent(ns: number): string {
    return `${((ns / Math.max(1, this.view.endNs)) * 100).toFixed(3)}%`;
  }
}
