/**
 * Outstanding bytes over time of the most important sites, and of the selected one its regression
 * line with the band in which it lies. Curves and legend select.
 */
import { CurveKey, siteCurveKey, type Curve, type ViewState } from '../../protocol/view.ts';
import { button, element, setAttribute } from '../dom.ts';
import { formatBytes, formatRange, formatRate } from '../format.ts';
import { faded, type Theme } from '../theme.ts';
import type { Range } from './brush.ts';
import type { Cursor } from './cursor.ts';
import { renderLegend, type LegendEntry } from './legend.ts';
import type { Band, Line } from './line.ts';
import { TimeChart } from './timeChart.ts';

/** Where nothing is outstanding the axis still says bytes. */
const LEAST_BYTES = 1000;
const TREND = 'trend';

export interface SiteChartEvents {
  readonly onSelect: (site: number | null) => void;
  readonly onWindow: (range: Range | null) => void;
  readonly onOptions: (options: { onlySelected: boolean; others: boolean }) => void;
}

export class SiteChart {
  private readonly chart: TimeChart;
  private readonly events: SiteChartEvents;
  private readonly only: HTMLButtonElement;
  private options: { onlySelected: boolean; others: boolean };
  /** A site keeps its colour while it is charted. */
  private readonly slots = new Map<number, number>();
  private state: ViewState | undefined;
  private theme: Theme | undefined;

  constructor(
    cursor: Cursor,
    events: SiteChartEvents,
    options: { onlySelected: boolean; others: boolean },
  ) {
    this.events = events;
    this.options = options;
    this.chart = new TimeChart({
      id: 'outstanding',
      title: 'Outstanding bytes by site',
      caption: '',
      format: formatBytes,
      cursor,
      onWindow: events.onWindow,
      onPick: (key) => {
        this.press(key);
      },
    });
    this.only = button('Only selected', { class: 'toggle' }, () => {
      this.setOptions({ ...this.options, onlySelected: !this.options.onlySelected });
    });
    this.chart.actions.append(this.only);
  }

  get element(): HTMLElement {
    return this.chart.element;
  }

  render(state: ViewState, theme: Theme): void {
    this.state = state;
    this.theme = theme;
    const { timeline, detail } = state;
    if (timeline === null) return;
    this.assignSlots(timeline.sites);
    const curves = new Map(state.curves.map((it) => [it.key, it]));
    const selected = detail?.id ?? null;
    const onlySelected = this.options.onlySelected && selected !== null;
    setAttribute(this.only, 'aria-pressed', String(onlySelected));
    this.only.disabled = selected === null;

    const shown = onlySelected ? timeline.sites.filter((it) => it === selected) : timeline.sites;
    const lines = shown.flatMap((site) => {
      const curve = curves.get(siteCurveKey(site));
      return curve === undefined ? [] : [this.siteLine(state, theme, site, curve)];
    });
    const others = curves.get(CurveKey.others);
    if (others !== undefined && this.options.others && !onlySelected)
      lines.push(othersLine(others, timeline.others, theme));
    const trend = trendOf(state, theme, this.colorOf(selected, theme));
    // Behind the curves, so that they stay readable.
    const drawn = trend === undefined ? lines : [...lines, trend.line];
    this.chart.render(
      {
        lines: drawn,
        band: trend?.band,
        endNs: timeline.endNs,
        window: state.window,
        gaps: timeline.gaps,
        atLeast: LEAST_BYTES,
      },
      theme,
      summary(state, lines),
    );
    const notes = [state.summary?.exhaustion ?? null].filter((it) => it !== null);
    this.chart.notes.replaceChildren(...notes.map((it) => element('p', {}, it)));
    renderLegend(this.chart.legend, this.legend(state, theme, lines), (key) => {
      this.press(key);
    });
  }

  private press(key: string): void {
    if (key === CurveKey.others) {
      this.setOptions({ ...this.options, others: !this.options.others });
      return;
    }
    const site = this.state?.timeline?.sites.find((it) => siteCurveKey(it) === key);
    if (site === undefined) return;
    this.events.onSelect(site === this.state?.detail?.id ? null : site);
  }

  private setOptions(options: { onlySelected: boolean; others: boolean }): void {
    this.options = options;
    this.events.onOptions(options);
    if (this.state !== undefined && this.theme !== undefined) this.render(this.state, this.theme);
  }

  private siteLine(state: ViewState, theme: Theme, site: number, curve: Curve): Line {
    const selected = state.detail?.id;
    const aside = selected !== undefined && selected !== site && !theme.highContrast;
    const color = this.colorOf(site, theme);
    return {
      key: curve.key,
      label: state.rows.find((it) => it.id === site)?.frame.short ?? 'site',
      color: aside ? faded(color, 0.45) : color,
      timeNs: curve.timeNs,
      values: curve.values,
      width: selected === site ? 2.5 : 1.5,
      dash: [],
    };
  }

  private legend(state: ViewState, theme: Theme, lines: readonly Line[]): LegendEntry[] {
    const entries: LegendEntry[] = [];
    for (const site of state.timeline?.sites ?? []) {
      const row = state.rows.find((it) => it.id === site);
      if (row === undefined) continue;
      entries.push({
        key: siteCurveKey(site),
        label: row.frame.short,
        value: formatBytes(row.outstandingBytes),
        color: this.colorOf(site, theme),
        stroke: 'solid',
        pressed: state.detail?.id === site,
      });
    }
    if (state.detail?.trend)
      entries.push({
        key: TREND,
        label: state.detail.trend.low === null ? 'regression' : 'regression, 95% band',
        value: formatRate(state.detail.slopeBytesPerSecond),
        color: theme.text,
        stroke: 'dashed',
      });
    const count = state.timeline?.others ?? 0;
    if (count > 0)
      entries.push({
        key: CurveKey.others,
        label: `${count} other ${count === 1 ? 'site' : 'sites'}`,
        value: '',
        color: theme.muted,
        stroke: 'dashed',
        pressed: lines.some((it) => it.key === CurveKey.others),
      });
    return entries;
  }

  private colorOf(site: number | null, theme: Theme): string {
    const slot = site === null ? 0 : (this.slots.get(site) ?? 0);
    return theme.series[slot % theme.series.length] ?? theme.text;
  }

  private assignSlots(sites: readonly number[]): void {
    for (const known of [...this.slots.keys()])
      if (!sites.includes(known)) this.slots.delete(known);
    for (const site of sites) {
      if (this.slots.has(site)) continue;
      const taken = new Set(this.slots.values());
      let slot = 0;
      while (taken.has(slot)) slot += 1;
      this.slots.set(site, slot);
    }
  }
}

function othersLine(curve: Curve, count: number, theme: Theme): Line {
  return {
    key: curve.key,
    label: `${count} other ${count === 1 ? 'site' : 'sites'}`,
    color: theme.muted,
    timeNs: curve.timeNs,
    values: curve.values,
    width: 1.5,
    dash: [4, 3],
  };
}

function trendOf(
  state: ViewState,
  theme: Theme,
  color: string,
): { line: Line; band: Band | undefined } | undefined {
  const trend = state.detail?.trend;
  if (trend === undefined || trend === null) return undefined;
  const { timeNs, fit, low, high } = trend;
  return {
    line: {
      key: TREND,
      label: 'regression',
      color: theme.text,
      timeNs,
      values: fit,
      width: 1.5,
      dash: [6, 4],
    },
    band: low === null || high === null ? undefined : { color, timeNs, low, high },
  };
}

/** What the picture shows, in words. */
function summary(state: ViewState, lines: readonly Line[]): string {
  const about =
    state.window === null
      ? 'Outstanding bytes of each site over time.'
      : `Bytes allocated from ${formatRange(state.window.fromNs, state.window.toNs)} and not yet freed.`;
  const curves = lines.map((line) => {
    const from = formatBytes(line.values[0] ?? 0);
    return `${line.label} from ${from} to ${formatBytes(line.values.at(-1) ?? 0)}`;
  });
  return `${about} ${curves.join('; ')}`;
}
