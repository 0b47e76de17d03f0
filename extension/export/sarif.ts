/**
 * A report as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format), which CI systems and
 * editors show on the line: one result for each leak, with the whole call stacks.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  Location,
  Log,
  PhysicalLocation,
  Result,
  Run,
  Stack,
  StackFrame as SarifFrame,
} from 'sarif';
import packageJson from '../../package.json' with { type: 'json' };
import type { Report, Site, SiteStack, StackFrame } from '../analysis/report.ts';
import type { Capture } from '../capture/capture.ts';

const RULE_ID = 'memory-leak';
const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
/** The base of relative artifact locations: where the report was made. */
const BASE_ID = 'SRCROOT';

/**
 * @param cwd absolute; files below it are named relative to it
 */
export function toSarif(capture: Capture, report: Report, cwd: string): Log {
  const leaks = report.sites.filter(({ verdict }) => verdict === 'leak');
  const run: Run = {
    tool: { driver: driver() },
    invocations: [invocation(capture)],
    originalUriBaseIds: { [BASE_ID]: { uri: directoryUri(cwd) } },
    columnKind: 'utf16CodeUnits',
    results: leaks.map((site) => result(site, cwd)),
    properties: {
      target: { pid: capture.start.process.pid, name: capture.start.process.name },
      durationSeconds: report.durationNs / 1e9,
      samples: report.samples,
      partial: report.partial,
      losses: report.losses,
      lossNotes: report.lossNotes,
      overhead: {
        targetCoreShare: report.cost.targetNs / Math.max(1, report.durationNs),
        agentCoreShare: report.cost.agentNs / Math.max(1, report.durationNs),
        ...report.cost,
      },
      stackEnds: report.stackEnds,
      balance: report.balance,
    },
  };
  return { $schema: SCHEMA, version: '2.1.0', runs: [run] };
}

function driver(): Run['tool']['driver'] {
  return {
    name: 'LeakLens',
    version: packageJson.version,
    semanticVersion: packageJson.version,
    rules: [
      {
        id: RULE_ID,
        name: 'MemoryLeak',
        shortDescription: { text: 'Memory that is allocated here is never freed.' },
        fullDescription: {
          text:
            'While the program was traced, what this line allocated stayed allocated: outstanding ' +
            'bytes grew, and blocks of every age were still alive at the end.',
        },
        help: {
          text:
            'Find who owns the memory, and on which path its release is missing: an early return, ' +
            'an exception, a container that only grows, a cycle of shared pointers.',
        },
        defaultConfiguration: { level: 'error' },
      },
    ],
  };
}

function invocation(capture: Capture): NonNullable<Run['invocations']>[number] {
  const started = capture.start.startedUnixMs;
  const ended = capture.samples.at(-1)?.unixMs ?? started;
  const { reason, detail } = capture.end ?? { reason: 'stopped', detail: '' };
  const failed = reason === 'agentLost' || reason === 'failed';
  return {
    executionSuccessful: !failed,
    startTimeUtc: new Date(started).toISOString(),
    endTimeUtc: new Date(ended).toISOString(),
    machine: capture.host.hostname,
    ...(reason === 'stopped'
      ? {}
      : {
          toolExecutionNotifications: [
            {
              level: failed ? ('error' as const) : ('note' as const),
              message: { text: `The capture ended early (${reason}): ${detail}` },
            },
          ],
        }),
  };
}

function result(site: Site, cwd: string): Result {
  // Without an owned line, the allocator's caller is the best place to name.
  const frame = site.blamed ?? site.stacks[0]?.frames[0];
  return {
    ruleId: RULE_ID,
    ruleIndex: 0,
    level: 'error',
    kind: 'fail',
    message: { text: site.explanation },
    locations: frame === undefined ? [] : [location(frame, cwd)],
    relatedLocations: related(site, cwd),
    stacks: site.stacks.map((stack) => sarifStack(stack, cwd)),
    partialFingerprints: { 'leaklensSite/v1': site.fingerprint },
    rank: Math.min(100, Math.max(0, site.confidence * 100)),
    occurrenceCount: Math.max(1, site.outstandingCount),
    properties: {
      verdict: site.verdict,
      confidence: site.confidence,
      bytesPerSecond: site.trend.bytesPerSecond,
      bytesPerSecondInterval: site.trend.interval,
      rSquared: site.trend.rSquared,
      outstandingBytes: site.outstandingBytes,
      outstandingCount: site.outstandingCount,
      allocations: site.allocations,
      frees: site.frees,
      kind: site.kind,
    },
  };
}

/** Where else to look: the caller that the leaking blocks have in common, and where others end. */
function related(site: Site, cwd: string): Location[] {
  const places: Location[] = [];
  if (site.through !== undefined) {
    const message = { text: 'The blocks that stay come through here.' };
    places.push({ ...location(site.through, cwd), message });
  }
  for (const { frame, share } of site.freedAt) {
    if (frame === undefined) continue;
    const message = { text: `${Math.round(share * 100)}% of the freed blocks are freed here.` };
    places.push({ ...location(frame, cwd), message });
  }
  return places.map((place, id) => ({ id, ...place }));
}

function sarifStack(stack: SiteStack, cwd: string): Stack {
  return {
    message: {
      text: `${stack.outstandingBytes} bytes in ${stack.outstandingCount} blocks allocated here are alive.`,
    },
    frames: stack.frames.map((frame) => sarifFrame(frame, cwd)),
    properties: {
      end: stack.end,
      outstandingBytes: stack.outstandingBytes,
      outstandingCount: stack.outstandingCount,
    },
  };
}

function sarifFrame(frame: StackFrame, cwd: string): SarifFrame {
  return {
    location: location(frame, cwd),
    ...(frame.module === '' ? {} : { module: frame.module }),
    properties: { inlined: frame.inlined, owned: frame.owned },
  };
}

function location(frame: StackFrame, cwd: string): Location {
  const name = frame.function === '' ? frame.address : frame.function;
  const physical = physicalLocation(frame, cwd);
  return {
    ...(physical === undefined ? {} : { physicalLocation: physical }),
    logicalLocations: [{ fullyQualifiedName: name, kind: 'function' }],
    message: { text: name },
  };
}

function physicalLocation(frame: StackFrame, cwd: string): PhysicalLocation | undefined {
  const address = Number.parseInt(frame.address, 16);
  const absolute = Number.isSafeInteger(address) ? { address: { absoluteAddress: address } } : {};
  if (frame.file === undefined) {
    return Number.isSafeInteger(address) ? { ...absolute } : undefined;
  }
  const line = frame.line ?? 0;
  const column = frame.column ?? 0;
  return {
    artifactLocation: artifactLocation(frame.file, cwd),
    // Lines and columns count from 1 in SARIF; DWARF says 0 where it does not know.
    ...(line === 0
      ? {}
      : { region: { startLine: line, ...(column === 0 ? {} : { startColumn: column }) } }),
    ...absolute,
  };
}

function artifactLocation(file: string, cwd: string): PhysicalLocation['artifactLocation'] {
  if (!path.isAbsolute(file)) return { uri: encodePath(file), uriBaseId: BASE_ID };
  const relative = path.relative(cwd, file);
  if (relative === '' || relative.startsWith('..')) return { uri: pathToFileURL(file).href };
  return { uri: encodePath(relative), uriBaseId: BASE_ID };
}

/** A relative path as a URI reference; a colon in its first segment would read as a scheme. */
function encodePath(relative: string): string {
  return relative.split(path.sep).map(encodeURIComponent).join('/');
}

/** A directory's URI, which must end in a slash to serve as a base. */
function directoryUri(directory: string): string {
  const { href } = pathToFileURL(directory);
  return href.endsWith('/') ? href : `${href}/`;
}
