/** The canvas of a time chart: chart.js with a linear time axis in seconds, drawn in theme colours. */
import {
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  type ChartArea,
  type ChartDataset,
  type Point,
} from 'chart.js';
import { formatTick } from '../format.ts';
import { faded, type Theme } from '../theme.ts';
import type { Band, Line } from './line.ts';
import { timeTicks, valueTicks } from './ticks.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale, Filler);

/** Pixels that a mark of the time axis needs, and one of the value axis. */
const TIME_MARK = 70;
const VALUE_MARK = 28;
const BAND_OPACITY = 0.2;

export interface Drawing {
  readonly lines: readonly Line[];
  readonly band: Band | undefined;
  readonly endNs: number;
  /** The value axis ends at least here, so that an empty or constant curve has a scale. */
  readonly atLeast: number;
  /** Undefined where the axis goes as high as the values do. */
  readonly atMost: number | undefined;
}

export class Plot {
  readonly canvas: HTMLCanvasElement;
  private readonly chart: Chart<'line', Point[]>;
  private readonly format: (value: number) => string;

  /** `onLayout` is called with the place of the curves whenever it may have moved. */
  constructor(
    canvas: HTMLCanvasElement,
    format: (value: number) => string,
    onLayout: (area: ChartArea) => void,
  ) {
    this.canvas = canvas;
    this.format = format;
    this.chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        responsive: true,
        maintainAspectRatio: false,
        // The brush lies above the canvas and takes all events.
        events: [],
        layout: { padding: { top: 6, right: 8 } },
        elements: { point: { radius: 0 } },
        scales: { x: { type: 'linear', min: 0 }, y: { type: 'linear' } },
      },
      plugins: [
        {
          id: 'place',
          afterLayout: (chart) => {
            onLayout(chart.chartArea);
          },
        },
      ],
    });
  }

  draw(drawing: Drawing, theme: Theme): void {
    const { chart } = this;
    chart.data.datasets = [
      ...(drawing.band === undefined ? [] : bandSets(drawing.band)),
      ...drawing.lines.map(lineSet),
    ];
    const endSeconds = drawing.endNs / 1e9;
    const font = { family: theme.fontFamily, size: 11 };
    const { x, y } = chart.options.scales ?? {};
    if (x === undefined || y === undefined) return;
    x.min = 0;
    x.max = Math.max(endSeconds, 0.001);
    x.border = { color: theme.grid };
    x.grid = { color: theme.grid, tickColor: theme.grid, tickLength: 4, drawOnChartArea: false };
    x.ticks = {
      color: theme.muted,
      font,
      maxRotation: 0,
      autoSkip: false,
      callback: (value) => formatTick(Number(value)),
    };
    x.afterBuildTicks = (axis) => {
      const most = Math.max(2, Math.floor(axis.width / TIME_MARK));
      axis.ticks = timeTicks(endSeconds, most).map((value) => ({ value }));
    };
    y.suggestedMin = 0;
    y.suggestedMax = drawing.atLeast;
    if (drawing.atMost !== undefined) y.max = drawing.atMost;
    y.afterBuildTicks = (axis) => {
      const most = Math.max(2, Math.floor(axis.height / VALUE_MARK) + 1);
      axis.ticks = valueTicks(axis.min, axis.max, most).map((value) => ({ value }));
    };
    y.border = { display: false };
    y.grid = { color: theme.grid, drawTicks: false };
    y.ticks = {
      color: theme.muted,
      font,
      padding: 6,
      callback: (value) => this.format(Number(value)),
    };
    chart.update('none');
  }

  /** The moment at a distance of `pixels` from the canvas's left edge, in ns. */
  timeAt(pixels: number): number {
    return (this.chart.scales['x']?.getValueForPixel(pixels) ?? 0) * 1e9;
  }

  /** The value at a distance of `pixels` from the canvas's top edge. */
  valueAt(pixels: number): number {
    return this.chart.scales['y']?.getValueForPixel(pixels) ?? 0;
  }

  /** How much of the value's unit one pixel is. */
  get valuePerPixel(): number {
    return Math.abs(this.valueAt(1) - this.valueAt(0));
  }
}

function points(timeNs: readonly number[], values: readonly number[]): Point[] {
  return timeNs.map((ns, at) => ({ x: ns / 1e9, y: values[at] ?? NaN }));
}

function lineSet(line: Line): ChartDataset<'line', Point[]> {
  return {
    data: points(line.timeNs, line.values),
    borderColor: line.color,
    borderWidth: line.width,
    borderDash: [...line.dash],
    borderJoinStyle: 'round',
    fill: line.fill === undefined ? false : 'origin',
    backgroundColor: line.fill ?? 'transparent',
  };
}

/** Two curves without strokes, the second filled down to the first. */
function bandSets(band: Band): ChartDataset<'line', Point[]>[] {
  const edge = { borderWidth: 0, backgroundColor: faded(band.color, BAND_OPACITY) };
  return [
    { ...edge, data: points(band.timeNs, band.low), fill: false },
    { ...edge, data: points(band.timeNs, band.high), fill: '-1' },
  ];
}
