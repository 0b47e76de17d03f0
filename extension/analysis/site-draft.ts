/**
 * One site's numbers, from the histories of its stacks to the evidence for its verdict.
 */
import type { Setting, SiteEvidence } from './evidence.ts';
import type { Recording } from './recording.ts';
import { freedPlaces, leakingCaller } from './siblings.ts';
import type {
  CohortSurvival,
  FreedAt,
  Holder,
  Series,
  StackFrame,
  SurvivalPoint,
} from './report.ts';
import { findResidue } from './residue.ts';
import type { Level } from './shape.ts';
import type { ResolvedStack, StackGroup } from './sites.ts';
import { cohortSurvival, slicesOf, zeros, type SliceTable } from './slices.ts';
import type { Columns, StackHistory } from './stack-history.ts';
import { lifeTable } from './survival.ts';
import type { Thresholds } from './thresholds.ts';
import { trendOf } from './trend.ts';
import { cutToWindow } from './window.ts';

/** Share of a site's living blocks that a kind of container must hold to be named as the holder. */
const HOLDER_SHARE = 0.2;

export interface SiteDraft {
  readonly group: StackGroup;
  readonly histories: readonly StackHistory[];
  readonly evidence: SiteEvidence;
  readonly cohorts: readonly CohortSurvival[];
  readonly series: Series;
  readonly survival: readonly SurvivalPoint[];
  readonly freedAt: readonly FreedAt[];
  readonly through: StackFrame | undefined;
}

/** The level of all the stacks together. */
function columnsOf(histories: readonly StackHistory[], points: number): Columns {
  const columns = {
    allocatedBytes: zeros(points),
    freedBytes: zeros(points),
    count: zeros(points),
  };
  for (const history of histories) history.addTo(columns);
  return columns;
}

/** Allocated less freed bytes at each point. */
function outstandingBytes({ allocatedBytes, freedBytes }: Columns): number[] {
  const bytes = zeros(allocatedBytes.length);
  for (let point = 0; point < bytes.length; point += 1) {
    bytes[point] = Math.max(0, (allocatedBytes[point] ?? 0) - (freedBytes[point] ?? 0));
  }
  return bytes;
}

/** The values, or one shared array of zeros in the place of many: most sites of a large program
 *  hold nothing whenever somebody looks. */
function shared(values: readonly number[], nothing: readonly number[]): readonly number[] {
  return values.every((value) => value === 0) ? nothing : values;
}

/** The part of the columns that is judged. */
function levelOf(
  columns: Columns,
  bytes: readonly number[],
  count: readonly number[],
  setting: Setting,
): Level {
  const cut = (values: readonly number[]): readonly number[] => cutToWindow(values, setting.window);
  return {
    seconds: setting.seconds,
    bytes: cut(bytes),
    count: cut(count),
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

/** Sums over a site's stacks. */
function totalsOf(histories: readonly StackHistory[]): Totals {
  const totals = { outstandingCount: 0, outstandingBytes: 0, allocations: 0, frees: 0 };
  for (const history of histories) {
    totals.outstandingCount += history.outstandingCount;
    totals.outstandingBytes += history.outstandingBytes;
    totals.allocations += history.allocations;
    totals.frees += history.frees;
  }
  return totals;
}
type Totals = Pick<SiteEvidence, 'outstandingCount' | 'outstandingBytes' | 'allocations' | 'frees'>;

/** What is known of those stacks that have living blocks: churn beside them is left out. */
function growthEvidence(
  growing: readonly StackHistory[],
  recording: Recording,
  table: SliceTable,
  setting: Setting,
): Pick<SiteEvidence, 'growingLevel' | 'residue'> {
  const { thresholds, window } = setting;
  const columns = columnsOf(growing, recording.grid.activeNs.length);
  return {
    growingLevel: levelOf(columns, outstandingBytes(columns), columns.count, setting),
    residue: findResidue(
      slicesOf(growing, table),
      deathsOf(growing),
      window,
      recording.now.activeNs,
      thresholds,
    ),
  };
}

/** Gathers a site's evidence, before it is compared with other sites. */
export function draftSite(
  group: StackGroup,
  recording: Recording,
  table: SliceTable,
  setting: Setting,
  resolve: (stack: number) => ResolvedStack,
): SiteDraft {
  const pairs: (readonly [ResolvedStack, StackHistory])[] = [];
  for (const stack of group.stacks) {
    const history = recording.histories.get(stack.stack);
    if (history !== undefined) pairs.push([stack, history]);
  }
  const histories = pairs.map(([, history]) => history);
  const growing = histories.filter((history) => history.outstandingCount > 0);
  const columns = columnsOf(histories, recording.grid.activeNs.length);
  const bytes = shared(outstandingBytes(columns), setting.nothing);
  const count = shared(columns.count, setting.nothing);
  const level = levelOf(columns, bytes, count, setting);
  const slices = slicesOf(histories, table);
  return {
    group,
    histories,
    cohorts: cohortSurvival(slices),
    freedAt: freedPlaces(group.stacks, recording.freeSites, resolve),
    through: leakingCaller(pairs),
    survival: lifeTable(slices, deathsOf(histories), recording.now.activeNs),
    series: {
      timeNs: recording.grid.wallNs,
      outstandingBytes: bytes,
      outstandingCount: count,
      allocatedBytes: columns.allocatedBytes,
      freedBytes: columns.freedBytes,
    },
    evidence: {
      ...totalsOf(histories),
      ...(growing.length === 0
        ? { growingLevel: level, residue: undefined }
        : growthEvidence(growing, recording, table, setting)),
      trend: trendOf(setting.seconds, level.bytes),
      level,
      holder: holderOfSite(pairs),
      frames: group.stacks[0]?.frames ?? [],
      neverFreed: isNeverFreed(growing, setting.thresholds),
      container: undefined,
    },
  };
}
