/** The charts of the process as a whole: allocation velocity, memory, and what the capture costs. */
import { CurveKey, type Summary, type ViewState } from '../../protocol/view.ts';
import { element } from '../dom.ts';
import {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatShare,
  formatVelocity,
} from '../format.ts';
import type { Theme } from '../theme.ts';
import type { Range } from './brush.ts';
import type { Cursor } from './cursor.ts';
import { renderLegend } from './legend.ts';
import type { Line } from './line.ts';
import { TimeChart } from './timeChart.ts';

interface CurveStyle {
  readonly key: string;
  readonly label: string;
  /** Which of the theme's colours for curves. */
  readonly slot: number;
  readonly dashed?: boolean;
  readonly heavy?: boolean;
}

interface ProcessChartStyle {
  readonly id: string;
  readonly title: string;
  readonly format: (value: number) => string;
  readonly curves: readonly CurveStyle[];
  readonly atLeast: number;
  /** What the legend says of a curve whose latest value this is. */
  readonly latest: (key: string, value: number, state: ViewState) => string;
  /** What is said beneath the curves. */
  readonly notes: (summary: Summary) => string[];
}

const velocity: ProcessChartStyle = {
  id: 'velocity',
  title: 'Allocation velocity',
  format: formatVelocity,
  curves: [
    { key: CurveKey.allocated, label: 'allocated', slot: 0 },
    { key: CurveKey.freed, label: 'freed', slot: 3, dashed: true },
    { key: CurveKey.net, label: 'net', slot: 1, heavy: true },
  ],
  atLeast: 1000,
  latest: (_, value) => formatVelocity(value),
  notes: () => [],
};

const memory: ProcessChartStyle = {
  id: 'memory',
  title: 'Process memory against traced, since the start',
  format: formatChange,
  curves: [
    { key: CurveKey.resident, label: 'resident', slot: 2, dashed: true },
    { key: CurveKey.anonymous, label: 'anonymous', slot: 0 },
    { key: CurveKey.traced, label: 'traced', slot: 1, heavy: true },
  ],
  atLeast: 1000,
  latest: (key, value, state) => {
    const base = state.timeline?.baseline;
    if (base === undefined || key === CurveKey.traced) return formatChange(value);
    const before = key === CurveKey.resident ? base.residentBytes : base.anonymousBytes;
    return `${formatChange(value)} to ${formatBytes(before + value)}`;
  },
  notes: ({ balance }) => [balance],
};

const cost: ProcessChartStyle = {
  id: 'cost',
  title: 'Cost and losses',
  format: formatShare,
  curves: [
    { key: CurveKey.costCore, label: 'of one core', slot: 0 },
    { key: CurveKey.costTarget, label: "of the target's time", slot: 2, dashed: true },
  ],
  atLeast: 0.01,
  latest: (_, value) => formatShare(value),
  notes: ({ cost: spent, losses, stackEnds }) => {
    const incomplete = stackEnds.truncated + stackEnds.guessed;
    return [
      ...(spent === null
        ? []
        : [
            `${formatCount(spent.hits)} probe hits: ${formatDuration(spent.targetNs)} in the ` +
              `target's threads, ${formatDuration(spent.agentNs)} in the agent.`,
          ]),
      losses.length === 0 ? 'Nothing was lost.' : `Lost: ${losses.join('; ')}.`,
      ...(incomplete === 0
        ? []
        : [
            `${formatCount(stackEnds.truncated)} stacks cut, ${formatCount(stackEnds.guessed)} guessed.`,
          ]),
    ];
  },
};

class ProcessChart {
  readonly chart: TimeChart;
  private readonly style: ProcessChartStyle;
  /** Keys of the curves that the user switched off. */
  private readonly hidden = new Set<string>();
  private state: ViewState | undefined;
  private theme: Theme | undefined;

  constructor(style: ProcessChartStyle, cursor: Cursor, onWindow: (range: Range | null) => void) {
    this.style = style;
    const { id, title, format } = style;
    this.chart = new TimeChart({ id, title, caption: '', format, cursor, onWindow });
  }

  render(state: ViewState, theme: Theme): void {
    this.state = state;
    this.theme = theme;
    if (state.timeline === null) return;
    const lines = this.style.curves.flatMap((style): Line[] => {
      const curve = state.curves.find((it) => it.key === style.key);
      if (curve === undefined) return [];
      return [
        {
          key: curve.key,
          label: style.label,
          color: theme.series[style.slot] ?? theme.text,
          timeNs: curve.timeNs,
          values: curve.values,
          width: style.heavy === true || theme.highContrast ? 2 : 1.5,
          dash: style.dashed === true ? [5, 3] : [],
        },
      ];
    });
    const shown = lines.filter((it) => !this.hidden.has(it.key));
    const latest = (line: Line): string =>
      this.style.latest(line.key, line.values.at(-1) ?? 0, state);
    this.chart.render(
      {
        lines: shown,
        endNs: state.timeline.endNs,
        window: state.window,
        gaps: state.timeline.gaps,
        atLeast: this.style.atLeast,
      },
      theme,
      `${this.style.title}. At the end: ${lines.map((it) => `${it.label} ${latest(it)}`).join('; ')}`,
    );
    const entries = lines.map((line) => ({
      key: line.key,
      label: line.label,
      value: latest(line),
      color: line.color,
      stroke: line.dash.length > 0 ? ('dashed' as const) : ('solid' as const),
      pressed: !this.hidden.has(line.key),
    }));
    renderLegend(this.chart.legend, entries, (key) => {
      this.toggle(key);
    });
    const notes = state.summary === null ? [] : this.style.notes(state.summary);
    this.chart.notes.replaceChildren(...notes.map((it) => element('p', {}, it)));
  }

  private toggle(key: string): void {
    if (!this.hidden.delete(key)) this.hidden.add(key);
    if (this.state !== undefined && this.theme !== undefined) this.render(this.state, this.theme);
  }
}

export class ProcessCharts {
  private readonly charts: readonly ProcessChart[];

  constructor(cursor: Cursor, onWindow: (range: Range | null) => void) {
    this.charts = [velocity, memory, cost].map((it) => new ProcessChart(it, cursor, onWindow));
  }

  get elements(): HTMLElement[] {
    return this.charts.map((it) => it.chart.element);
  }

  render(state: ViewState, theme: Theme): void {
    for (const chart of this.charts) chart.render(state, theme);
  }
}
