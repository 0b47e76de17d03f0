/**
 * A capture as it is recorded: what a session fills, a file holds, and the analysis reads.
 *
 * It is the agent's own messages, kept in order and joined by index: nothing in it is derived, so
 * that every judgement can be made again from a saved file.
 */
import type {
  CaptureStartResult,
  EndReason,
  Frame,
  HostFeatures,
  InitializeResult,
  ModuleInfo,
  SampleMessage,
  StackInfo,
} from '../../protocol/agent.ts';

/** A code location: an address inside a calling instruction, and what is known of it. */
export interface Location {
  /** 0x-hex, in the target's address space. */
  readonly address: string;
  /** Index into `modules`, or -1. */
  readonly module: number;
  /** ELF virtual address in that module. */
  readonly offset: number;
  /** Innermost first, inlined callees included; undefined until the agent has answered. */
  readonly frames: readonly Frame[] | undefined;
}

/** How a capture came to its end; undefined while it runs. */
export interface CaptureEnd {
  readonly reason: EndReason | 'agentLost';
  readonly detail: string;
}

/** One sample of the target, as the agent sent it. */
export type Sample = Omit<SampleMessage, 'captureId'>;

export interface Capture {
  readonly host: InitializeResult['host'];
  readonly features: HostFeatures;
  readonly agentVersion: string;
  /** What was started: process, probes, limits, when. */
  readonly start: Omit<CaptureStartResult, 'captureId'>;
  readonly intervalMs: number;
  readonly modules: readonly ModuleInfo[];
  /** By the agent's location number; a hole is a location that never arrived. */
  readonly locations: readonly (Location | undefined)[];
  /** By the agent's stack number; a hole is a stack that never arrived. */
  readonly stacks: readonly (StackInfo | undefined)[];
  /** In time order; `counters` of a sample holds only what changed, cumulative. */
  readonly samples: readonly Sample[];
  readonly end: CaptureEnd | undefined;
}
