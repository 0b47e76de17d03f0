/**
 * All that the dashboard shows, from a capture and its report: pure, the same state for the same
 * capture, window and selection.
 */
import { leakRate } from '../../analysis/exhaustion.ts';
import type { Report } from '../../analysis/report.ts';
import type { Capture } from '../../capture/capture.ts';
import type { Curve, Header, Summary, Timeline, ViewState } from '../../../protocol/view.ts';
import { plain } from '../../text/untrusted.ts';
import { flameGraph, type PathNumbers } from './flameGraph.ts';
import { siteId } from './names.ts';
import { finite, sum, whole } from './numbers.ts';
import { siteDetail, siteFigures, siteRow, type SiteFigures } from './sites.ts';
import { processCurves, siteCurves, timelineOf } from './timeline.ts';
import type { WindowSurvivors } from './window.ts';

const MAX_COMMAND = 300;

/** What the dashboard shows: a capture that runs or has ended, or one that was read from a file. */
export interface Subject {
  readonly capture: Capture;
  readonly report: Report;
  /** Name of the saved file; undefined for a capture of this session. */
  readonly file: string | undefined;
  /** True while samples may still come. */
  readonly live: boolean;
}

/** All of the state that does not depend on which site is selected. */
export interface Overview {
  readonly subject: Subject;
  readonly window: WindowSurvivors | undefined;
  readonly figures: readonly SiteFigures[];
  readonly shown: Pick<ViewState, 'header' | 'summary' | 'window' | 'rows' | 'flame'>;
  readonly timeline: Omit<Timeline, 'sites' | 'others'>;
  readonly curves: readonly Curve[];
}

/** The state of a dashboard that shows nothing yet. */
export function emptyState(revision: number): ViewState {
  return {
    revision,
    header: null,
    summary: null,
    window: null,
    timeline: null,
    curves: [],
    rows: [],
    detail: null,
    flame: null,
  };
}

export function overview(
  subject: Subject,
  window: WindowSurvivors | undefined,
  numbers: PathNumbers,
): Overview {
  const { capture, report } = subject;
  const figures = siteFigures(report.sites, window);
  return {
    subject,
    window,
    figures,
    shown: {
      header: header(subject),
      summary: summary(subject, figures),
      window: window === undefined ? null : shownWindow(window),
      rows: figures.map(siteRow),
      flame: flameGraph(report.sites, numbers, window?.byStack),
    },
    timeline: timelineOf(capture, report),
    curves: processCurves(capture.samples),
  };
}

/** The state with a site selected; with none where the report does not have it. */
export function viewState(
  { subject, window, figures, shown, timeline, curves }: Overview,
  site: number | undefined,
  revision: number,
): ViewState {
  const selected = subject.report.sites.find((it) => siteId(it) === site);
  const charted = siteCurves(
    figures.map((it) => it.site),
    selected,
    window,
  );
  const listed = selected === undefined || figures.some((it) => it.site === selected);
  return {
    revision,
    ...shown,
    timeline: { ...timeline, sites: charted.sites, others: charted.others },
    curves: [...charted.curves, ...curves],
    // A site that left nothing behind in the window is listed while the user looks at it.
    rows: listed
      ? shown.rows
      : [...shown.rows, siteRow({ site: selected, bytes: 0, count: 0, bytesPerSecond: 0 })],
    detail: selected === undefined ? null : siteDetail(selected, window?.byStack),
  };
}

function header({ capture, report, file, live }: Subject): Header {
  const { process, startedUnixMs } = capture.start;
  const running = live && capture.end === undefined;
  return {
    target: plain(process.name) || `PID ${process.pid}`,
    pid: process.pid,
    command: plain(process.command.join(' '), MAX_COMMAND),
    host: plain(capture.host.hostname),
    startedUnixMs,
    intervalMs: capture.intervalMs,
    durationNs: whole(report.durationNs),
    samples: capture.samples.length,
    phase: !running ? 'ended' : capture.samples.length === 0 ? 'starting' : 'running',
    end: running ? null : plain(capture.end?.detail ?? 'the recording breaks off here'),
    file: file ?? null,
  };
}

function summary({ report }: Subject, figures: readonly SiteFigures[]): Summary {
  const leaks = report.sites.filter((it) => it.verdict === 'leak');
  const { cost } = report;
  return {
    outstandingBytes: sum(figures.map((it) => it.bytes)),
    outstandingCount: whole(sum(figures.map((it) => it.count))),
    sites: figures.length,
    leaks: leaks.length,
    growing: report.sites.filter((it) => it.verdict === 'growing').length,
    leakBytesPerSecond: sum(leaks.map((it) => finite(leakRate(it)))),
    exhaustion: report.exhaustion === undefined ? null : plain(report.exhaustion.explanation, 300),
    processGrowthBytes: finite(report.balance.processGrowthBytes),
    tracedGrowthBytes: finite(report.balance.tracedGrowthBytes),
    balance: plain(report.balance.explanation, 400),
    cost:
      report.samples === 0
        ? null
        : {
            coreShare: finite(cost.coreShare),
            targetShare: finite(cost.targetShare),
            hits: whole(cost.hits),
            targetNs: whole(cost.targetNs),
            agentNs: whole(cost.agentNs),
          },
    losses: report.lossNotes.map((it) => plain(it)),
    partial: report.partial,
    stackEnds: { ...report.stackEnds },
  };
}

function shownWindow(window: WindowSurvivors): ViewState['window'] {
  const survivors = [...window.byStack.values()];
  return {
    fromNs: window.fromNs,
    toNs: window.toNs,
    bornBytes: sum(survivors.map((it) => it.bornBytes)),
    bornCount: whole(sum(survivors.map((it) => it.bornCount))),
  };
}
