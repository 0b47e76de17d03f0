/**
 * A capture while it grows: takes the agent's notifications and keeps the Capture that they make.
 */
import type {
  CaptureStartResult,
  InitializeResult,
  ModuleInfo,
  RawLocation,
  StackInfo,
} from '../../protocol/agent.ts';
import { UserError } from '../errors.ts';
import type { AgentNotification } from '../hosts/connection.ts';
import type { Capture, CaptureEnd, Location, Sample } from './capture.ts';
import { packCounters, unpackCounters } from './packed-counters.ts';

/** A notification that belongs to a capture. */
export type CaptureNotification = Exclude<AgentNotification, { method: 'log' }>;

/** Far above what an agent's largest tables hold; an index beyond it is nonsense that would cost
 *  memory. */
const LIMITS = { modules: 1 << 16, stacks: 1 << 20, locations: 1 << 23 };

interface GrowingCapture extends Capture {
  readonly modules: ModuleInfo[];
  readonly locations: (Location | undefined)[];
  readonly stacks: (StackInfo | undefined)[];
  readonly samples: Sample[];
  end: CaptureEnd | undefined;
}

/**
 * A sample as it is kept: its counters packed, and unpacked anew at every look.
 * @param sample as the agent sent it or a file holds it
 */
export function compactSample(sample: Sample): Sample {
  const { sequence, timeNs, unixMs, cohort, freeSites, totals, process, cost, losses } = sample;
  const packed = packCounters(sample.counters);
  return {
    sequence,
    timeNs,
    unixMs,
    cohort,
    freeSites,
    totals,
    process,
    cost,
    losses,
    get counters() {
      return unpackCounters(packed);
    },
  };
}

export class Timeline {
  readonly #capture: GrowingCapture;

  /**
   * @param identity who records
   * @param start what the agent answered to capture/start
   * @param intervalMs milliseconds between samples
   */
  constructor(identity: InitializeResult, start: CaptureStartResult, intervalMs: number) {
    const { process, startedUnixMs, probes, attach, mappings, limits } = start;
    this.#capture = {
      host: identity.host,
      features: identity.features,
      agentVersion: identity.agent.version,
      start: { process, startedUnixMs, probes, attach, mappings, limits },
      intervalMs,
      modules: [],
      locations: [],
      stacks: [],
      samples: [],
      end: undefined,
    };
  }

  /** The capture so far: always the same object, which grows. */
  get capture(): Capture {
    return this.#capture;
  }

  /**
   * Adds what the agent sent. Nothing is added after the end.
   * @throws UserError agentGarbled for a number that no capture can reach
   */
  apply(notification: CaptureNotification): void {
    if (this.#capture.end !== undefined) return;
    switch (notification.method) {
      case 'capture/modules':
        for (const module of notification.params.modules) {
          this.#capture.modules[checkIndex('modules', module.module)] = module;
        }
        return;
      case 'capture/stacks':
        for (const raw of notification.params.locations) this.#addLocation(raw);
        for (const stack of notification.params.stacks) {
          this.#capture.stacks[checkIndex('stacks', stack.stack)] = stack;
        }
        return;
      case 'capture/symbols':
        for (const { location, frames } of notification.params.symbols) {
          // Symbols of a location that was never introduced have nothing to belong to.
          const known = this.#capture.locations[checkIndex('locations', location)];
          if (known !== undefined) this.#capture.locations[location] = { ...known, frames };
        }
        return;
      case 'capture/sample':
        this.#capture.samples.push(compactSample(notification.params));
        return;
      case 'capture/ended':
        this.finish({ reason: notification.params.reason, detail: notification.params.detail });
    }
  }

  /** Ends the capture; the first end is the one that counts. */
  finish(end: CaptureEnd): void {
    this.#capture.end ??= end;
  }

  #addLocation([index, address, module, offset]: RawLocation): void {
    this.#capture.locations[checkIndex('locations', index)] = {
      address,
      module,
      offset,
      frames: undefined,
    };
  }
}

function checkIndex(kind: keyof typeof LIMITS, index: number): number {
  if (index < LIMITS[kind]) return index;
  throw new UserError(
    'agentGarbled',
    `The agent numbers its ${kind} up to ${index}, which no capture reaches.`,
    'Rebuild or reinstall LeakLens, so that agent and client fit together.',
  );
}
