/**
 * A capture as it comes in: fed sample by sample, it can report at every one. What it keeps is
 * bounded by the number of stacks and cohorts, and a report costs some microseconds for each site.
 */
import type { Capture, Sample } from '../capture/capture.ts';
import type { Cost, StackEnd } from '../../protocol/agent.ts';
import { balanceOf, growthOf } from './balance.ts';
import type { Setting } from './evidence.ts';
import { exhaustionOf, leakRate } from './exhaustion.ts';
import { findContainer } from './lockstep.ts';
import { lossesOf, lossImpact } from './loss-impact.ts';
import { Recording } from './recording.ts';
import { membersOf } from './members.ts';
import type { Report, Site, SiteStack, StackFrame, Verdict } from './report.ts';
import { draftSite, type SiteDraft } from './site-draft.ts';
import { StackResolver, type ResolvedStack, type StackGroup } from './sites.ts';
import { sliceTable, zeros } from './slices.ts';
import { type Thresholds, withDefaults } from './thresholds.ts';
import { judge, type Judgement } from './verdict.ts';
import { cutToWindow, judgedWindow } from './window.ts';

/** What a report needs beside the samples; locations and stacks may still be arriving. */
export type Context = Pick<Capture, 'host' | 'start' | 'modules' | 'locations' | 'stacks'>;

/** The order in which sites are shown. */
const ORDER: readonly Verdict[] = [
  'leak',
  'growing',
  'insufficient data',
  'sawtooth',
  'cache',
  'warm-up',
  'steady',
];

const noCost: Cost = { hits: 0, targetNs: 0, agentNs: 0, coreShare: 0, targetShare: 0 };

/** A draft with its verdict. */
interface Judged {
  readonly draft: SiteDraft;
  readonly judgement: Judgement;
  /** See Site.members. */
  readonly members: readonly StackFrame[];
}

export class Analyzer {
  readonly #thresholds: Thresholds;
  readonly #recording: Recording;
  #resolver: StackResolver | undefined;

  /** @param intervalMs the time between samples that the capture was started with */
  constructor(intervalMs: number, thresholds?: Partial<Thresholds>) {
    this.#thresholds = withDefaults(thresholds);
    this.#recording = new Recording(intervalMs * 1e6);
  }

  /** Takes over the next sample. */
  add(sample: Sample): void {
    this.#recording.add(sample);
  }

  /** The verdicts on all that was added so far. */
  report(context: Context): Report {
    const recording = this.#recording;
    const thresholds = this.#thresholds;
    this.#resolver ??= new StackResolver(thresholds.systemPaths, context.start.process.executable);
    const resolver = this.#resolver;
    const { stacks, groups } = resolver.sites(recording.histories, context);
    const setting = this.#setting();
    const table = sliceTable(recording.clock, recording.now);
    const draft = (group: StackGroup): SiteDraft =>
      draftSite(group, recording, table, setting, (stack) => resolver.resolve(stack, context));
    const judged = groups.map((group) => {
      const drafted = draft(group);
      return { draft: drafted, judgement: judge(drafted.evidence, setting), members: [] };
    });
    const sites = withMembers(withContainers(judged, setting), setting, draft).map(siteOf);
    return this.#assemble(context, inOrder(sites), stacks, setting);
  }

  #setting(): Setting {
    const { grid, process, now, originNs, last } = this.#recording;
    const window = judgedWindow(
      { activeNs: grid.activeNs, allocations: process.allocations, unseen: process.unseen },
      { fromNs: originNs, untilNs: now.activeNs },
      this.#thresholds,
    );
    const cut = (values: readonly number[]): readonly number[] => cutToWindow(values, window);
    const seconds = cut(grid.activeNs).map((ns) => ns / 1e9);
    const span = (seconds.at(-1) ?? 0) - (seconds[0] ?? 0);
    return {
      thresholds: this.#thresholds,
      window,
      samples: window.whole ? grid.samples : seconds.length * grid.stride,
      watchedNs: window.untilNs - window.fromNs,
      resolutionSeconds: seconds.length > 1 ? span / (seconds.length - 1) : 0,
      losses: lossImpact(last, window, this.#thresholds),
      seconds,
      nothing: zeros(grid.activeNs.length),
      processBytes: cut(process.bytes),
      tracedBytes: cut(process.traced),
      unknownFrees: cut(process.unknownFrees),
    };
  }

  #assemble(
    context: Context,
    sites: readonly Site[],
    stacks: readonly ResolvedStack[],
    setting: Setting,
  ): Report {
    const { first, last, now, gaps, restarts, process } = this.#recording;
    const stackEnds: Record<StackEnd, number> = { complete: 0, truncated: 0, guessed: 0 };
    for (const stack of stacks) stackEnds[stack.end] += 1;
    return {
      sites,
      durationNs: now.wallNs,
      samples: this.#recording.grid.samples,
      balance: balanceOf(
        {
          bytes: (process.bytes.at(-1) ?? 0) - (process.bytes[0] ?? 0),
          unknownFrees: (last?.totals.unknownFrees ?? 0) - (first?.totals.unknownFrees ?? 0),
        },
        sites,
      ),
      losses: lossesOf(last),
      partial: setting.losses.partial,
      lossNotes: setting.losses.notes,
      cost: last?.cost ?? noCost,
      exhaustion: exhaustionOf(
        sites,
        (last?.process.rssBytes ?? 0) + (last?.process.swapBytes ?? 0),
        context.host.memoryBytes,
        this.#thresholds.certainConfidence,
      ),
      gaps: [...gaps],
      restarts,
      stackEnds,
    };
  }
}

/**
 * Judges again those sites that grow with another whose growth may be bounded. A keyed container says
 * more than anything else, so it is looked for first, and also for sites that have a doubt already.
 */
function withContainers(judged: readonly Judged[], setting: Setting): readonly Judged[] {
  const bounded = judged.filter(({ judgement }) => judgement.mayBeBounded);
  if (bounded.length === 0) return judged;
  const isKeyed = ({ draft }: Judged): boolean => draft.evidence.holder === 'keyed container';
  const keyed = bounded.filter(isKeyed).map(({ draft }) => draft);
  const others = bounded.filter((entry) => !isKeyed(entry)).map(({ draft }) => draft);
  return judged.map((entry) => {
    const { verdict, mayBeBounded } = entry.judgement;
    if (isKeyed(entry) || (verdict !== 'leak' && verdict !== 'growing')) return entry;
    const candidates = mayBeBounded ? keyed : [...keyed, ...others];
    const container = findContainer(entry.draft, candidates, setting.thresholds.lockstepTolerance);
    if (container === undefined) return entry;
    const evidence = { ...entry.draft.evidence, container };
    return { ...entry, judgement: judge(evidence, setting) };
  });
}

/** Counts leaking members of leaking objects with the objects. */
function withMembers(
  judged: readonly Judged[],
  setting: Setting,
  redraft: (group: StackGroup) => SiteDraft,
): readonly Judged[] {
  const leaks = judged.filter(({ judgement }) => judgement.verdict === 'leak');
  const owners = membersOf(
    leaks.map(({ draft }) => draft),
    setting.thresholds.lockstepTolerance,
  );
  if (owners.size === 0) return judged;
  return judged.flatMap((entry) => {
    if (owners.has(entry.draft)) return [];
    const members = [...owners]
      .filter(([, owner]) => owner === entry.draft)
      .map(([draft]) => draft);
    if (members.length === 0) return [entry];
    const { group, evidence } = entry.draft;
    const stacks = [...group.stacks, ...members.flatMap((member) => member.group.stacks)];
    const draft = redraft({ ...group, stacks });
    // What holds the object, and its name, decide; its members are held by it.
    const { holder, frames, neverFreed } = evidence;
    const again = judge({ ...draft.evidence, holder, frames, neverFreed }, setting);
    return [
      {
        draft,
        judgement: again.verdict === 'leak' ? again : entry.judgement,
        members: members.flatMap((member) => member.group.blamed ?? []),
      },
    ];
  });
}

function siteOf({ draft, judgement, members }: Judged): Site {
  const { group, evidence } = draft;
  const stacks: SiteStack[] = group.stacks.flatMap((stack, index) => {
    const history = draft.histories[index];
    if (history === undefined) return [];
    return [
      {
        stack: stack.stack,
        end: stack.end,
        frames: stack.frames,
        outstandingBytes: history.outstandingBytes,
        outstandingCount: history.outstandingCount,
        allocations: history.allocations,
        frees: history.frees,
      },
    ];
  });
  stacks.sort(
    (a, b) =>
      b.outstandingBytes - a.outstandingBytes || b.allocations - a.allocations || a.stack - b.stack,
  );
  return {
    fingerprint: group.fingerprint,
    kind: group.kind,
    blamed: group.blamed,
    verdict: judgement.verdict,
    confidence: judgement.confidence,
    explanation: judgement.explanation,
    trend: evidence.trend,
    residue: evidence.residue?.residue,
    holder: evidence.holder,
    survival: draft.survival,
    outstandingBytes: evidence.outstandingBytes,
    outstandingCount: evidence.outstandingCount,
    allocations: evidence.allocations,
    frees: evidence.frees,
    cohorts: draft.cohorts,
    series: draft.series,
    freedAt: draft.freedAt,
    through: draft.through,
    members,
    stacks,
  };
}

/** By verdict, then by what stays, then by growth, largest first; equal ones keep their order. */
function inOrder(sites: readonly Site[]): Site[] {
  return sites
    .map((site) => ({
      site,
      rank: ORDER.indexOf(site.verdict),
      rate: leakRate(site),
      growth: growthOf(site),
    }))
    .sort((a, b) => a.rank - b.rank || b.rate - a.rate || b.growth - a.growth)
    .map(({ site }) => site);
}
