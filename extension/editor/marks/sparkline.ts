/**
 * The growth curve of a site as a small picture for a hover: an SVG in a data URI, drawn in colours
 * that can be read on light and on dark backgrounds.
 */
import type { Series } from '../../analysis/report.ts';

const width = 260;
const height = 56;
const margin = 3;
const maxPoints = 80;

/**
 * @param series at least two samples are needed for a curve
 * @param color CSS hex colour of the line
 * @returns a data URI, or undefined where there is nothing to draw
 */
export function sparklineUri(series: Series, color: string): string | undefined {
  const points = decimate(series);
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || last.timeNs <= first.timeNs) return undefined;
  const highest = Math.max(...points.map((point) => point.bytes), 1);
  const x = (timeNs: number): string =>
    (
      margin +
      ((timeNs - first.timeNs) / (last.timeNs - first.timeNs)) * (width - 2 * margin)
    ).toFixed(1);
  const y = (bytes: number): string =>
    (height - margin - (Math.max(bytes, 0) / highest) * (height - 2 * margin)).toFixed(1);
  const line = points.map((point) => `${x(point.timeNs)} ${y(point.bytes)}`).join('L');
  const base = y(0);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<path d="M${margin} ${base}H${width - margin}" stroke="#888" stroke-opacity=".5"/>` +
    `<path d="M${line}L${x(last.timeNs)} ${base}L${x(first.timeNs)} ${base}Z" fill="${color}" fill-opacity=".18"/>` +
    `<path d="M${line}" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>` +
    `</svg>`;
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

interface Point {
  readonly timeNs: number;
  readonly bytes: number;
}

/** At most maxPoints, first and last among them; of each bucket between the highest, so that peaks stay. */
function decimate({ timeNs, outstandingBytes }: Series): Point[] {
  const all = timeNs.map((time, at) => ({ timeNs: time, bytes: outstandingBytes[at] ?? 0 }));
  if (all.length <= maxPoints) return all;
  const inner = all.slice(1, -1);
  const size = inner.length / (maxPoints - 2);
  const kept: Point[] = [];
  for (let bucket = 0; bucket < maxPoints - 2; bucket += 1) {
    const points = inner.slice(Math.floor(bucket * size), Math.floor((bucket + 1) * size));
    const [head] = points;
    if (head === undefined) continue;
    kept.push(points.reduce((best, point) => (point.bytes > best.bytes ? point : best), head));
  }
  return [...all.slice(0, 1), ...kept, ...all.slice(-1)];
}
