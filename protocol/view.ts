/**
 * Every message between the extension and the dashboard's page, as decoders for unknown input and
 * the types they yield.
 *
 * The extension owns the state: the page says `ready` and gets all of it (`state`), then only what
 * changed (`update`, see viewUpdate.ts). A page that is hidden and shown again, or that finds a gap
 * in the revisions, says `ready` once more. The page asks by number (site, stack, frame), never by
 * path, so that it can open nothing but what the capture names.
 *
 * Units are in the names: bytes, ns since the capture's start, ms (Unix time). Numbers are finite:
 * what is unbounded or unknown is null. Written for zod/mini, which keeps the page's bundle small.
 */
import * as z from 'zod/mini';

const count = z.int().check(z.nonnegative());
const index = z.int().check(z.nonnegative());
const share = z.number().check(z.minimum(0), z.maximum(1));

// ---------------------------------------------------------------------------------------------
// What is shown

export const verdict = z.enum([
  'leak',
  'growing',
  'cache',
  'warm-up',
  'sawtooth',
  'steady',
  'insufficient data',
]);
export type Verdict = z.infer<typeof verdict>;

/** The capture that is shown: what, where, since when, and whether it still runs. */
export const header = z.object({
  target: z.string(),
  pid: count,
  command: z.string(),
  host: z.string(),
  startedUnixMs: z.number(),
  intervalMs: z.number(),
  durationNs: count,
  samples: count,
  /** `starting` until the first sample has come. */
  phase: z.enum(['starting', 'running', 'ended']),
  /** How it ended, for a person; null while it runs. */
  end: z.nullable(z.string()),
  /** Name of the saved file that is shown; null for a capture of this session. */
  file: z.nullable(z.string()),
});
export type Header = z.infer<typeof header>;

/** The figures at the top. Bytes and blocks are those of the window where one is set. */
export const summary = z.object({
  outstandingBytes: z.number(),
  outstandingCount: count,
  sites: count,
  leaks: count,
  growing: count,
  /** Sum over the sites that are judged a leak. */
  leakBytesPerSecond: z.number(),
  /** When memory runs out at this rate, in a sentence; null where that cannot be said. */
  exhaustion: z.nullable(z.string()),
  /** From the first sample to the last: the process's own memory, and what was traced. */
  processGrowthBytes: z.number(),
  tracedGrowthBytes: z.number(),
  balance: z.string(),
  cost: z.nullable(
    z.object({
      /** Of one core, and of the target's own processor time: 0.01 is 1%. */
      coreShare: z.number(),
      targetShare: z.number(),
      hits: count,
      targetNs: count,
      agentNs: count,
    }),
  ),
  /** Each kind of loss that happened, in words. */
  losses: z.array(z.string()),
  /** True where verdicts rest on partial data. */
  partial: z.boolean(),
  stackEnds: z.object({ complete: count, truncated: count, guessed: count }),
});
export type Summary = z.infer<typeof summary>;

/** A slice of the capture: only what was allocated in it and not freed by its end is shown. */
export const timeWindow = z.object({
  fromNs: count,
  toNs: count,
  bornBytes: z.number(),
  bornCount: count,
});
export type TimeWindow = z.infer<typeof timeWindow>;

/** A value over time, decimated for drawing; both arrays have the same length. */
export const curve = z
  .object({ key: z.string(), timeNs: z.array(count), values: z.array(z.number()) })
  .check(z.refine((it) => it.timeNs.length === it.values.length, 'times and values differ'));
export type Curve = z.infer<typeof curve>;

/** Keys of the curves that belong to no site. */
export const CurveKey = {
  others: 'others',
  allocated: 'velocity.allocated',
  freed: 'velocity.freed',
  net: 'velocity.net',
  resident: 'memory.resident',
  anonymous: 'memory.anonymous',
  traced: 'memory.traced',
  costCore: 'cost.core',
  costTarget: 'cost.target',
} as const;

/** Key of the curve of a site's outstanding bytes. */
export function siteCurveKey(site: number): string {
  return `site.${site}`;
}

/** What the time charts hold besides the curves themselves. */
export const timeline = z.object({
  /** The time axis ends here; it starts at 0. */
  endNs: count,
  /** Sites that have a curve, the most important first. */
  sites: z.array(index),
  /** How many sites the curve `others` sums up. */
  others: count,
  /** Times in which no sample was taken. */
  gaps: z.array(z.object({ fromNs: count, toNs: count })),
  /** The curves `memory.*` count from these bytes on. */
  baseline: z.object({ residentBytes: z.number(), anonymousBytes: z.number() }),
});
export type Timeline = z.infer<typeof timeline>;

/** A frame as a person reads it. */
export const viewFrame = z.object({
  /** Demangled, with parameters, or module and address where no name is known. */
  name: z.string(),
  /** The same without parameters and template arguments. */
  short: z.string(),
  file: z.nullable(z.string()),
  line: z.nullable(count),
  module: z.string(),
  owned: z.boolean(),
  inlined: z.boolean(),
});
export type ViewFrame = z.infer<typeof viewFrame>;

/** A site as a row of the table. Bytes, blocks and rate are those of the window where one is set. */
export const siteRow = z.object({
  /** The site's smallest stack number: stable while the capture runs, and in its file. */
  id: index,
  /** The blamed frame; one that is not owned where no frame is in the user's own source. */
  frame: viewFrame,
  kind: z.enum(['heap', 'mapping']),
  verdict,
  confidence: share,
  explanation: z.string(),
  bytesPerSecond: z.number(),
  outstandingBytes: z.number(),
  outstandingCount: count,
  /** Outstanding bytes over the whole capture as levels from 0 to 100. */
  spark: z.array(z.number()),
});
export type SiteRow = z.infer<typeof siteRow>;

export const viewStack = z.object({
  stack: index,
  end: z.enum(['complete', 'truncated', 'guessed']),
  outstandingBytes: z.number(),
  outstandingCount: count,
  allocations: count,
  frees: count,
  /** Innermost first. */
  frames: z.array(viewFrame),
});
export type ViewStack = z.infer<typeof viewStack>;

export const viewCohort = z.object({
  startNs: count,
  endNs: count,
  born: count,
  bornBytes: z.number(),
  alive: count,
  aliveBytes: z.number(),
});
export type ViewCohort = z.infer<typeof viewCohort>;

/** The regression line and the band in which it lies with 95% confidence, at each of `timeNs`. */
export const trendBand = z.object({
  timeNs: z.array(count),
  fit: z.array(z.number()),
  /** Null where the interval is unbounded. */
  low: z.nullable(z.array(z.number())),
  high: z.nullable(z.array(z.number())),
});
export type TrendBand = z.infer<typeof trendBand>;

/** The selected site. Everything but `stacks` is of the whole capture. */
export const siteDetail = z.object({
  id: index,
  allocations: count,
  frees: count,
  /** Growth that stays, where it is known apart from what comes and goes; else the slope. */
  bytesPerSecond: z.number(),
  /** 95% confidence interval of it; null where it is unbounded. */
  interval: z.nullable(z.object({ low: z.number(), high: z.number() })),
  /** Slopes of outstanding bytes: by least squares, and by a method that outliers do not move. */
  slopeBytesPerSecond: z.number(),
  robustBytesPerSecond: z.number(),
  rSquared: share,
  /** Null while a window is set, whose curves are not what the line was fitted to. */
  trend: z.nullable(trendBand),
  /** Oldest first. */
  cohorts: z.array(viewCohort),
  /** Where those of its blocks that do not leak are freed, most frees first. */
  freedAt: z.array(z.object({ frame: viewFrame, blocks: count, share })),
  /** The caller that only the leaking stacks have; null where callers do not tell them apart. */
  through: z.nullable(viewFrame),
  /** Largest outstanding first. */
  stacks: z.array(viewStack),
  /** Stacks beyond those in `stacks`. */
  hiddenStacks: count,
});
export type SiteDetail = z.infer<typeof siteDetail>;

/** A box of the flame graph: a call path, and what is outstanding beneath it. */
export const flameNode = z.object({
  /** Stays the same for the same path while the capture is shown. */
  id: index,
  /** Id of the caller, which comes earlier in the list; null for a root. */
  parent: z.nullable(index),
  frame: viewFrame,
  bytes: z.number(),
  count,
  /** The verdict that most of these bytes have. */
  verdict,
  /** The site that most of these bytes belong to by one stack; that stack, and the box's frame in
   *  it, by which its source is opened. */
  site: index,
  stack: index,
  at: index,
});
export type FlameNode = z.infer<typeof flameNode>;

export const flame = z.object({
  totalBytes: z.number(),
  totalCount: count,
  /** Callers before callees, siblings by bytes, largest first. */
  nodes: z.array(flameNode),
  /** Call paths that are too small to be drawn. */
  hiddenNodes: count,
});
export type Flame = z.infer<typeof flame>;

/** All that the page shows. */
export const viewState = z.object({
  /** Rises by one with each state or update that is sent. */
  revision: count,
  /** Null where there is no capture to show. */
  header: z.nullable(header),
  summary: z.nullable(summary),
  window: z.nullable(timeWindow),
  timeline: z.nullable(timeline),
  curves: z.array(curve),
  /** In the report's order: by verdict, then by growth. */
  rows: z.array(siteRow),
  detail: z.nullable(siteDetail),
  flame: z.nullable(flame),
});
export type ViewState = z.infer<typeof viewState>;

// ---------------------------------------------------------------------------------------------
// Extension to page

/** A curve of which the first `keep` points stay, and these are put behind them. */
export const curvePatch = z
  .object({ key: z.string(), keep: count, timeNs: z.array(count), values: z.array(z.number()) })
  .check(z.refine((it) => it.timeNs.length === it.values.length, 'times and values differ'));
export type CurvePatch = z.infer<typeof curvePatch>;

/** What changed since revision `base`; what is absent stayed as it was. */
export const viewUpdate = z.object({
  base: count,
  revision: count,
  header: z.optional(z.nullable(header)),
  summary: z.optional(z.nullable(summary)),
  window: z.optional(z.nullable(timeWindow)),
  timeline: z.optional(z.nullable(timeline)),
  /** Keys of all curves in order, where one came or went. */
  curveKeys: z.optional(z.array(z.string())),
  curves: z.optional(z.array(curvePatch)),
  /** Ids of all rows in order, where the order changed or one came or went. */
  rowOrder: z.optional(z.array(index)),
  /** Rows that are new or differ. */
  rows: z.optional(z.array(siteRow)),
  detail: z.optional(z.nullable(siteDetail)),
  flame: z.optional(z.nullable(flame)),
});
export type ViewUpdate = z.infer<typeof viewUpdate>;

export const toView = z.discriminatedUnion('type', [
  z.object({ type: z.literal('state'), state: viewState }),
  z.object({ type: z.literal('update'), update: viewUpdate }),
]);
export type ToView = z.infer<typeof toView>;

// ---------------------------------------------------------------------------------------------
// Page to extension

/** Commands that the page offers as buttons. */
export const viewCommand = z.enum([
  'startCapture',
  'stopCapture',
  'openCapture',
  'saveCapture',
  'checkHost',
]);
export type ViewCommand = z.infer<typeof viewCommand>;

/** What the user chose on the page, and in which capture: its PID and when it was started. */
export const rememberedChoice = z.object({
  pid: count,
  startedUnixMs: z.number(),
  site: z.nullable(index),
  window: z.nullable(z.object({ fromNs: count, toNs: count })),
});
export type RememberedChoice = z.infer<typeof rememberedChoice>;

export const fromView = z.discriminatedUnion('type', [
  /** The page is there and empty. What it remembers from before a reload is taken over where it is
   *  of the capture that is shown and the extension itself has nothing chosen. */
  z.object({ type: z.literal('ready'), choice: z.nullable(rememberedChoice) }),
  z.object({ type: z.literal('select'), site: z.nullable(index) }),
  z.object({ type: z.literal('window'), fromNs: count, toNs: count }),
  z.object({ type: z.literal('clearWindow') }),
  /** Open the source of a site's blamed line. */
  z.object({ type: z.literal('openSite'), site: index }),
  /** Open the source of the caller that only a site's leaking stacks have. */
  z.object({ type: z.literal('openThrough'), site: index }),
  /** Open the source of a place where a site's blocks are freed, by its number in the detail. */
  z.object({ type: z.literal('openFreed'), site: index, at: index }),
  /** Open the source of a frame: the agent's stack number, and the frame in it, innermost 0. */
  z.object({ type: z.literal('openFrame'), stack: index, frame: index }),
  z.object({ type: z.literal('command'), command: viewCommand }),
]);
export type FromView = z.infer<typeof fromView>;
