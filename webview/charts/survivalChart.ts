/**
 * Cohort survival of the selected site: of what was allocated at each time, the share that is still
 * alive now. A leak stays up on the left, where the old blocks are; a cache falls there.
 */
import type { ViewState } from '../../protocol/view.ts';
import { formatShare } from '../format.ts';
import { faded, type Theme } from '../theme.ts';
import type { Range } from './brush.ts';
import type { Cursor } from './cursor.ts';
import { renderLegend } from './legend.ts';
import type { Line } from './line.ts';
import { TimeChart } from './timeChart.ts';

export class SurvivalChart {
  private readonly chart: TimeChart;

  constructor(cursor: Cursor, onWindow: (range: Range | null) => void) {
    this.chart = new TimeChart({
      id: 'survival',
      title: 'Cohort survival',
      caption: 'By time of allocation: the share that is still alive.',
      format: formatShare,
      cursor,
      onWindow,
    });
  }

  get element(): HTMLElement {
    return this.chart.element;
  }

  render(state: ViewState, theme: Theme): void {
    const { detail, timeline } = state;
    if (detail === null || timeline === null) return;
    const timeNs: number[] = [];
    const bytes: number[] = [];
    const blocks: number[] = [];
    for (const cohort of detail.cohorts) {
      // Where nothing was born there is no share; the curve goes straight across.
      if (cohort.born === 0 || cohort.bornBytes <= 0) continue;
      timeNs.push(cohort.startNs, cohort.endNs);
      bytes.push(...twice(cohort.aliveBytes / cohort.bornBytes));
      blocks.push(...twice(cohort.alive / cohort.born));
    }
    const color = theme.verdict[state.rows.find((it) => it.id === detail.id)?.verdict ?? 'steady'];
    const lines: Line[] = [
      {
        key: 'bytes',
        label: 'bytes alive',
        color,
        timeNs,
        values: bytes,
        width: 2,
        dash: [],
        fill: faded(color, 0.25),
      },
      {
        key: 'blocks',
        label: 'blocks alive',
        color: theme.text,
        timeNs,
        values: blocks,
        width: 1,
        dash: [3, 3],
      },
    ];
    this.chart.render(
      {
        lines,
        endNs: timeline.endNs,
        window: state.window,
        gaps: timeline.gaps,
        atLeast: 1,
        atMost: 1,
      },
      theme,
      `Share of the selected site's bytes that are still alive, by time of allocation: ${spoken(bytes)}`,
    );
    const entries = lines.map((line) => ({
      key: line.key,
      label: line.label,
      value: '',
      color: line.color,
      stroke: line.dash.length > 0 ? ('dashed' as const) : ('area' as const),
    }));
    renderLegend(this.chart.legend, entries, () => undefined);
  }
}

function twice(share: number): [number, number] {
  const inside = Math.min(1, Math.max(0, share));
  return [inside, inside];
}

/** The oldest, the middle and the youngest share, in words. */
function spoken(shares: readonly number[]): string {
  if (shares.length === 0) return 'nothing was allocated in a complete slice yet';
  const at = (place: number): string =>
    formatShare(shares[Math.round(place * (shares.length - 1))] ?? 0);
  return `oldest ${at(0)}, middle ${at(0.5)}, youngest ${at(1)}`;
}
