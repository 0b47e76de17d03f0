/**
 * One site's numbers, from the histories of its stacks to the evidence for its verdict.
 */
import type { Setting, SiteEvidence } from './evidence.ts';
import { boundedWord } from './holder.ts';
import type { Recording } from './recording.ts';
import { freedPlaces, leakingCaller } from './siblings.ts';
import type { FreedAt, Holder, Series, StackFrame, SurvivalPoint } from './report.ts';
import { findResidue } from './residue.ts';
import type { Level } from './shape.ts';
import type { ResolvedStack, StackGroup } from './sites.ts';
import { slicesOf, type Slice } from './slices.ts';
import { Column, type StackHistory } from './stack-history.ts';
import { lifeTable } from './survival.ts';
import type { Thresholds } from './thresholds.ts';
import { trendOf } from './trend.ts';
import { cutToWindow } from './window.ts';

/** Share of a site's living blocks that a kind of container must hold to be named as the holder. */
const HOLDER_SHARE = 0.2;

/** Owned frames, from the allocation outwards, whose names may announce a bound. */
const NAMED_FRAMES = 2;

export interface SiteDraft {
  readonly group: StackGroup;
  readonly histories: readonly StackHistory[];
  readonly evidence: SiteEvidence;
  readonly slices: readonly Slice[];
  readonly series: Series;
  readonly survival: readonly SurvivalPoint[];
  readonly freedAt: readonly FreedAt[];
  readonly through: StackFrame | undefined;
}

function column(histories: readonly StackHistory[], points: number, which: Column): number[] {
  const values = new Float64Array(points);
  for (const history of histories) history.addTo(values, which);
  return Array.from(values);
}

interface Columns {
  readonly allocatedBytes: readonly number[];
  readonly freedBytes: readonly number[];
  readonly bytes: readonly number[];
  readonly count: readonly number[];
}

function columnsOf(histories: readonly StackHistory[], points: number): Columns {
  const allocatedBytes = column(histories, points, Column.allocatedBytes);
  const freedBytes = column(histories, points, Column.freedBytes);
  return {
    allocatedBytes,
    freedBytes,
    bytes: allocatedBytes.map((value, i) => Math.max(0, value - (freedBytes[i] ?? 0))),
    count: column(histories, points, Column.outstandingCount),
  };
}

/** The part of the columns that is judged. */
function levelOf(columns: Columns, setting: Setting): Level {
  const cut = (values: readonly number[]): readonly number[] => cutToWindow(values, setting.window);
  return {
    seconds: setting.seconds,
    bytes: cut(columns.bytes),
    count: cut(columns.count),
    freedBytes: cut(columns.freedBytes),
  };
}

function deathsOf(histories: readonly StackHistory[]): number[] {
  const deaths: number[] = [];
  for (const history of histories) {
    history.deaths.forEach((count, age) => {
      while (deaths.length <= age) deaths.push(0);
      deaths[age] = (deaths[age] ?? 0) + count;
    });
  }
  return deaths;
}

/** The holder of most of what lives; a keyed container wins where it holds a fair share. */
function holderOfSite(stacks: readonly (readonly [ResolvedStack, StackHistory])[]): Holder {
  let all = 0;
  let keyed = 0;
  let sequence = 0;
  for (const [stack, history] of stacks) {
    const alive = history.outstandingCount;
    all += alive;
    if (stack.holder === 'keyed container') keyed += alive;
    if (stack.holder === 'sequence') sequence += alive;
  }
  if (keyed > 0 && keyed >= HOLDER_SHARE * all) return 'keyed container';
  return sequence > 0 && sequence >= all / 2 ? 'sequence' : 'direct';
}

/** True where nine tenths of the living blocks come from stacks that free next to nothing. */
function isNeverFreed(histories: readonly StackHistory[], thresholds: Thresholds): boolean {
  let all = 0;
  let kept = 0;
  for (const history of histories) {
    const alive = history.outstandingCount;
    all += alive;
    if (alive >= thresholds.neverFreedShare * history.allocations) kept += alive;
  }
  return all > 0 && kept >= 0.9 * all;
}

/** Gathers a site's evidence, before it is compared with other sites. */
export function draftSite(
  group: StackGroup,
  recording: Recording,
  setting: Setting,
  resolve: (stack: number) => ResolvedStack,
): SiteDraft {
  const { thresholds, window } = setting;
  const pairs = group.stacks.flatMap((stack) => {
    const history = recording.histories.get(stack.stack);
    return history === undefined ? [] : [[stack, history] as const];
  });
  const histories = pairs.map(([, history]) => history);
  const growing = histories.filter((history) => history.outstandingCount > 0);
  const columns = columnsOf(histories, recording.grid.activeNs.length);
  const level = levelOf(columns, setting);
  const growingLevel =
    growing.length === histories.length
      ? level
      : levelOf(columnsOf(growing, recording.grid.activeNs.length), setting);
  const { now, clock } = recording;
  const slices = slicesOf(histories, clock, now);
  const growingSlices =
    growing.length === histories.length ? slices : slicesOf(growing, clock, now);
  const deaths = deathsOf(growing);
  const sum = (value: (history: StackHistory) => number): number =>
    histories.reduce((total, history) => total + value(history), 0);
  const owned = group.stacks[0]?.frames.filter((frame) => frame.owned) ?? [];
  return {
    group,
    histories,
    slices,
    freedAt: freedPlaces(group.stacks, recording.freeSites, resolve),
    through: leakingCaller(pairs),
    survival: lifeTable(slices, deathsOf(histories), now.activeNs),
    series: {
      timeNs: recording.grid.wallNs,
      outstandingBytes: columns.bytes,
      outstandingCount: columns.count,
      allocatedBytes: columns.allocatedBytes,
      freedBytes: columns.freedBytes,
    },
    evidence: {
      trend: trendOf(setting.seconds, level.bytes),
      level,
      growingLevel,
      residue: findResidue(growingSlices, deaths, window, now.activeNs, thresholds),
      outstandingCount: sum((history) => history.outstandingCount),
      outstandingBytes: sum((history) => history.outstandingBytes),
      allocations: sum((history) => history.allocations),
      frees: sum((history) => history.frees),
      holder: holderOfSite(pairs),
      boundedWord: owned
        .slice(0, NAMED_FRAMES)
        .map((frame) => boundedWord(frame, thresholds.boundedNames))
        .find((word) => word !== undefined),
      neverFreed: isNeverFreed(growing, thresholds),
      container: undefined,
    },
  };
}
