/**
 * The dashboard's increments: what differs between two states (the extension's side), and a state
 * with the differences put in (the page's side). applyUpdate(a, updateBetween(a, b)) equals b.
 */
import type { Curve, CurvePatch, SiteRow, ViewState, ViewUpdate } from './view.ts';

/** Says how to get from `before` to `after`; what is alike is left out. */
export function updateBetween(before: ViewState, after: ViewState): ViewUpdate {
  const update: ViewUpdate = { base: before.revision, revision: after.revision };
  if (!alike(before.header, after.header)) update.header = after.header;
  if (!alike(before.summary, after.summary)) update.summary = after.summary;
  if (!alike(before.window, after.window)) update.window = after.window;
  if (!alike(before.timeline, after.timeline)) update.timeline = after.timeline;
  if (!alike(before.detail, after.detail)) update.detail = after.detail;
  if (!alike(before.flame, after.flame)) update.flame = after.flame;

  const keys = after.curves.map((it) => it.key);
  if (
    !sameList(
      keys,
      before.curves.map((it) => it.key),
    )
  )
    update.curveKeys = keys;
  const patches = curvePatches(before.curves, after.curves);
  if (patches.length > 0) update.curves = patches;

  const order = after.rows.map((it) => it.id);
  if (
    !sameList(
      order,
      before.rows.map((it) => it.id),
    )
  )
    update.rowOrder = order;
  const known = new Map(before.rows.map((it) => [it.id, it]));
  const rows = after.rows.filter((it) => !sameRow(known.get(it.id), it));
  if (rows.length > 0) update.rows = rows;
  return update;
}

/** True where the update changes nothing that is shown, so that it need not be sent. */
export function isEmptyUpdate(update: ViewUpdate): boolean {
  return Object.keys(update).length === 2;
}

/**
 * The state with the update put in; parts that did not change are the same objects as before.
 * Undefined where the update does not fit: it is for another revision, or names what is not there.
 */
export function applyUpdate(state: ViewState, update: ViewUpdate): ViewState | undefined {
  if (update.base !== state.revision) return undefined;
  const curves = patchedCurves(state.curves, update);
  const rows = patchedRows(state.rows, update);
  if (curves === undefined || rows === undefined) return undefined;
  return {
    revision: update.revision,
    header: update.header === undefined ? state.header : update.header,
    summary: update.summary === undefined ? state.summary : update.summary,
    window: update.window === undefined ? state.window : update.window,
    timeline: update.timeline === undefined ? state.timeline : update.timeline,
    detail: update.detail === undefined ? state.detail : update.detail,
    flame: update.flame === undefined ? state.flame : update.flame,
    curves,
    rows,
  };
}

function curvePatches(before: readonly Curve[], after: readonly Curve[]): CurvePatch[] {
  const known = new Map(before.map((it) => [it.key, it]));
  const patches: CurvePatch[] = [];
  for (const curve of after) {
    const old = known.get(curve.key);
    const keep = old === undefined ? 0 : sharedPrefix(old, curve);
    if (old?.timeNs.length === keep && curve.timeNs.length === keep) continue;
    patches.push({
      key: curve.key,
      keep,
      timeNs: curve.timeNs.slice(keep),
      values: curve.values.slice(keep),
    });
  }
  return patches;
}

/** How many points at the beginning are alike. */
function sharedPrefix(a: Curve, b: Curve): number {
  const length = Math.min(a.timeNs.length, b.timeNs.length);
  let same = 0;
  while (same < length && a.timeNs[same] === b.timeNs[same] && a.values[same] === b.values[same])
    same += 1;
  return same;
}

function patchedCurves(curves: Curve[], update: ViewUpdate): Curve[] | undefined {
  if (update.curves === undefined && update.curveKeys === undefined) return curves;
  const known = new Map(curves.map((it) => [it.key, it]));
  for (const patch of update.curves ?? []) {
    const old = known.get(patch.key);
    if (patch.keep > (old?.timeNs.length ?? 0)) return undefined;
    known.set(patch.key, {
      key: patch.key,
      timeNs: [...(old?.timeNs.slice(0, patch.keep) ?? []), ...patch.timeNs],
      values: [...(old?.values.slice(0, patch.keep) ?? []), ...patch.values],
    });
  }
  return inOrder(known, update.curveKeys ?? curves.map((it) => it.key));
}

function patchedRows(rows: SiteRow[], update: ViewUpdate): SiteRow[] | undefined {
  if (update.rows === undefined && update.rowOrder === undefined) return rows;
  const known = new Map(rows.map((it) => [it.id, it]));
  for (const row of update.rows ?? []) known.set(row.id, row);
  return inOrder(known, update.rowOrder ?? rows.map((it) => it.id));
}

function inOrder<Key, Value>(known: Map<Key, Value>, order: readonly Key[]): Value[] | undefined {
  const values: Value[] = [];
  for (const key of order) {
    const value = known.get(key);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** Compares rows field by field, which is several times faster than comparing their JSON. */
function sameRow(a: SiteRow | undefined, b: SiteRow): boolean {
  if (a === b) return true;
  return (
    a?.kind === b.kind &&
    a.verdict === b.verdict &&
    a.confidence === b.confidence &&
    a.explanation === b.explanation &&
    a.bytesPerSecond === b.bytesPerSecond &&
    a.outstandingBytes === b.outstandingBytes &&
    a.outstandingCount === b.outstandingCount &&
    sameList(a.spark, b.spark) &&
    alike(a.frame, b.frame)
  );
}

function sameList<Item>(a: readonly Item[], b: readonly Item[]): boolean {
  return a.length === b.length && a.every((it, at) => it === b[at]);
}

/** Plain data with the keys in the same order, as the extension builds it each time. */
function alike(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
