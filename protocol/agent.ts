/**
 * Every message between the extension (or the command line) and the root agent, as decoders for
 * unknown input and the types they yield.
 *
 * JSON-RPC 2.0 with `Content-Length` framing over the agent's stdin and stdout. The agent's side of
 * this file is agent/wire/wire.h; protocol/samples/*.jsonl are whole conversations that the tests of
 * both sides replay, so that the two cannot drift apart unnoticed.
 *
 * Units are in the names: bytes, ns (monotonic, since the capture's start unless said otherwise),
 * ms (Unix time). Counters are cumulative, so that a lost message costs resolution and never truth.
 */
import { z } from 'zod';

/** Raised by one whenever a message changes in a way that an older peer would misread. */
export const PROTOCOL_VERSION = 1;

/** A counter or a size: below 2^53, so that JSON numbers carry it exactly. */
const count = z.number().int().nonnegative();
const index = z.number().int().nonnegative();

// ---------------------------------------------------------------------------------------------
// Errors

/** JSON-RPC error codes beyond the standard's own. */
export const ErrorCode = {
  /** A request came before `initialize`. */
  notInitialized: -32002,
  /** Agent and client speak different protocol versions. */
  versionMismatch: -32100,
  /** What was asked for cannot be done to this target or on this host: see `data`. */
  captureImpossible: -32101,
} as const;

/** What stands in the way of a capture; each is something that a user can act on. */
export const errorKind = z.enum([
  'noSuchProcess',
  'kernelThread',
  'processExited',
  'notPermitted',
  'noAllocator',
  'unsupported',
  'seccompWouldKill',
  'alreadyCaptured',
  'tooManyCaptures',
  'noSuchCapture',
]);
export type ErrorKind = z.infer<typeof errorKind>;

/** `error.data` of a `captureImpossible` reply; `error.message` is one line for a person. */
export const errorData = z.object({ kind: errorKind, advice: z.string() });
export type ErrorData = z.infer<typeof errorData>;

// ---------------------------------------------------------------------------------------------
// initialize: request, the first message; and `shutdown`: request without parameters; the agent
// detaches everything, answers null, and ends when stdin closes.

export const initializeParams = z.object({
  protocolVersion: z.number().int(),
  client: z.object({ name: z.string(), version: z.string() }),
});
export type InitializeParams = z.infer<typeof initializeParams>;

/** What this host's kernel offers to a capture. */
export const hostFeatures = z.object({
  /** All probes of a capture in one link, which arm and disarm together (Linux 6.6+). */
  uprobeMulti: z.boolean(),
  /** Frames are walked by one loop helper (Linux 5.17+); otherwise by tail calls. */
  bpfLoop: z.boolean(),
  /** mmap and munmap can be traced (system call tracepoints, kernel BTF, Linux 5.15+). */
  mappings: z.boolean(),
});
export type HostFeatures = z.infer<typeof hostFeatures>;

export const initializeResult = z.object({
  protocolVersion: z.number().int(),
  agent: z.object({ version: z.string(), pid: count }),
  host: z.object({
    hostname: z.string(),
    kernel: z.string(),
    architecture: z.string(),
    bootId: z.string(),
    cpus: count,
    memoryBytes: count,
  }),
  features: hostFeatures,
});
export type InitializeResult = z.infer<typeof initializeResult>;

// ---------------------------------------------------------------------------------------------
// process/list: request without parameters

/** An allocator that the agent found in a process: where a capture would probe. */
export const allocator = z.object({
  family: z.enum(['glibc', 'musl', 'jemalloc', 'tcmalloc', 'mimalloc', 'other']),
  /** Path of the module in the process's own view of the file system. */
  module: z.string(),
});
export type Allocator = z.infer<typeof allocator>;

export const processInfo = z.object({
  pid: count,
  parentPid: count,
  /** `comm`: at most 15 bytes, and a process may set it to anything. */
  name: z.string(),
  /** argv; empty for kernel threads and for processes that erased it. */
  command: z.array(z.string()),
  /** Path of the executable; empty where it cannot be read. */
  executable: z.string(),
  uid: count,
  user: z.string(),
  rssBytes: count,
  threads: count,
  startedUnixMs: z.number(),
  allocators: z.array(allocator),
  /** Why this process cannot be captured; absent where it can. */
  obstacle: z.object({ kind: errorKind, message: z.string() }).optional(),
});
export type ProcessInfo = z.infer<typeof processInfo>;

export const processListResult = z.object({ processes: z.array(processInfo) });
export type ProcessListResult = z.infer<typeof processListResult>;

// ---------------------------------------------------------------------------------------------
// doctor: request

export const doctorParams = z.object({ pid: count.optional() });
export type DoctorParams = z.infer<typeof doctorParams>;

export const doctorCheck = z.object({
  id: z.string(),
  title: z.string(),
  status: z.enum(['ok', 'warning', 'failed']),
  detail: z.string(),
  /** What to do about it; absent where there is nothing to do. */
  advice: z.string().optional(),
});
export type DoctorCheck = z.infer<typeof doctorCheck>;

export const doctorResult = z.object({
  checks: z.array(doctorCheck),
  /** True when no check failed: a capture can run here. */
  usable: z.boolean(),
});
export type DoctorResult = z.infer<typeof doctorResult>;

// ---------------------------------------------------------------------------------------------
// capture/start: request

/** Sizes of the kernel's tables. Each has a default; what does not fit is counted as a loss. */
export const captureLimits = z.object({
  /** Live blocks that are followed at once. */
  blocks: count.min(16).max(16_777_216).optional(),
  /** Distinct call stacks. */
  stacks: count.min(16).max(262_144).optional(),
  /** (stack, cohort) counters. */
  counters: count.min(16).max(1_048_576).optional(),
  /** Unwind rows, over all modules. */
  unwindRows: count.min(16).max(16_777_216).optional(),
});
export type CaptureLimits = z.infer<typeof captureLimits>;

export const captureStartParams = z.object({
  pid: count,
  /** Time between samples. */
  intervalMs: z.number().int().min(100).max(60_000),
  limits: captureLimits.optional(),
});
export type CaptureStartParams = z.infer<typeof captureStartParams>;

/** One probed function, and why the probe sits where it does. */
export const probe = z.object({
  /** The function's name as the allocator's module exports it. */
  function: z.string(),
  module: z.string(),
  /** The probed instruction, counted in bytes from the function's first. */
  offset: count,
  /** True when the kernel emulates the instruction instead of single-stepping it. */
  emulated: z.boolean(),
  /** Which instruction, and why this one: one line for the log. */
  reason: z.string(),
});
export type Probe = z.infer<typeof probe>;

export const captureStartResult = z.object({
  captureId: count,
  process: processInfo,
  startedUnixMs: z.number(),
  probes: z.array(probe),
  attach: z.enum(['uprobeMulti', 'perfEvent']),
  mappings: z.object({ traced: z.boolean(), reason: z.string().optional() }),
  limits: captureLimits.required(),
});
export type CaptureStartResult = z.infer<typeof captureStartResult>;

// ---------------------------------------------------------------------------------------------
// capture/stop: request. Before its answer (null) the agent sends the last capture/sample, what
// symbols it has by then, and capture/ended.

export const captureStopParams = z.object({ captureId: count });
export type CaptureStopParams = z.infer<typeof captureStopParams>;

// ---------------------------------------------------------------------------------------------
// Notifications of a capture, from the agent

/** A mapped file of the target. Sent again, whole, when something about it changes. */
export const moduleInfo = z.object({
  module: index,
  /** As the target sees it; "[vdso]" and the like for what is no file. */
  path: z.string(),
  /** Lower-case hex; empty where there is none. */
  buildId: z.string(),
  /** Rows of unwind information that the kernel has for it; 0: frame pointers are tried. */
  unwindRows: count,
  symbols: z.enum(['pending', 'dwarf', 'symtab', 'none']),
  /** Where the DWARF came from when it is a separate file. */
  debugFile: z.string().optional(),
  /** What went wrong with this module, for a person. */
  problem: z.string().optional(),
});
export type ModuleInfo = z.infer<typeof moduleInfo>;

export const modulesMessage = z.object({ captureId: count, modules: z.array(moduleInfo) });
export type ModulesMessage = z.infer<typeof modulesMessage>;

/** How a stack ended: `complete` at main's or the thread's start; `truncated` where frames are
 *  missing at the root; `guessed` where frame pointers had to be trusted. */
export const stackEnd = z.enum(['complete', 'truncated', 'guessed']);
export type StackEnd = z.infer<typeof stackEnd>;

/** A code address, introduced once: [location, address, module, offset]. The address lies inside
 *  the calling instruction (return address minus one) as 0x-hex; module is -1 where none is mapped;
 *  offset is the ELF virtual address in that module. */
export const rawLocation = z.tuple([index, z.string(), z.number().int().min(-1), count]);
export type RawLocation = z.infer<typeof rawLocation>;

export const stackInfo = z.object({
  stack: index,
  /** `heap` blocks come from an allocator's function, `mapping`s from mmap; `free` stacks release
   *  heap blocks, and have no counters of their own. */
  kind: z.enum(['heap', 'mapping', 'free']),
  end: stackEnd,
  /** Locations, innermost (the allocator's caller) first. */
  locations: z.array(index),
});
export type StackInfo = z.infer<typeof stackInfo>;

export const stacksMessage = z.object({
  captureId: count,
  locations: z.array(rawLocation),
  stacks: z.array(stackInfo),
});
export type StacksMessage = z.infer<typeof stacksMessage>;

/** One function at a location. Inlined callees come before the function they were inlined into. */
export const frame = z.object({
  /** Demangled, with parameters; empty where unknown. */
  function: z.string(),
  /** As the compiler recorded it (absolute where the compilation directory makes it so). */
  file: z.string().optional(),
  /** From 1. */
  line: count.optional(),
  column: count.optional(),
  /** True for every frame of a location but the last. */
  inlined: z.boolean(),
});
export type Frame = z.infer<typeof frame>;

/** Resolved later than the stacks; an empty list of frames means that nothing is known. */
export const symbolsMessage = z.object({
  captureId: count,
  symbols: z.array(z.object({ location: index, frames: z.array(frame) })),
});
export type SymbolsMessage = z.infer<typeof symbolsMessage>;

/** One (stack, cohort) counter that changed since the last sample, cumulative:
 *  [stack, cohort, allocations, allocatedBytes, frees, freedBytes]. A cohort is the slice of the
 *  capture in which a block was born, so frees are those of blocks born in that cohort. */
export const counter = z.tuple([index, index, count, count, count, count]);
export type Counter = z.infer<typeof counter>;

/** Where blocks of a stack are freed: [stack of the allocation, stack of the free, blocks]. An
 *  estimate, cumulative: the first four frees of each (stack, cohort) are looked at, and one in 64
 *  of the rest, which counts for 64. */
export const freeSite = z.tuple([index, index, count]);
export type FreeSite = z.infer<typeof freeSite>;

/** The target as the kernel accounts for it. */
export const processMemory = z.object({
  rssBytes: count,
  /** Resident anonymous memory: heap, stacks and anonymous mappings. */
  anonymousBytes: count,
  swapBytes: count,
  virtualBytes: count,
  threads: count,
  /** User and system time since the process started. */
  cpuNs: count,
});
export type ProcessMemory = z.infer<typeof processMemory>;

/** What the capture costs. */
export const cost = z.object({
  /** Probe hits since the start. */
  hits: count,
  /** Estimated time in the target's threads: traps by calibration, plus the programs' run time. */
  targetNs: count,
  /** The agent's own processor time, its symbol reader's included. */
  agentNs: count,
  /** Over the last interval: estimated time in the target's threads, per second of wall time. */
  coreShare: z.number().nonnegative(),
  /** Over the last interval: the same, per second of the target's processor time. */
  targetShare: z.number().nonnegative(),
});
export type Cost = z.infer<typeof cost>;

/** Everything that the capture knows it did not see, by kind, since the start. */
export const losses = z.object({
  /** Allocations that found the table of live blocks full (or the kernel out of memory). */
  blocksFull: count,
  /** Allocations whose stack found the table of stacks full. */
  stacksFull: count,
  /** Allocations that found the table of (stack, cohort) counters full. */
  countersFull: count,
  /** Allocator calls in threads that found the table of threads full. */
  threadsFull: count,
  /** Stacks or mapping events that found the ring buffer full. */
  ringFull: count,
  /** Executable mappings whose unwind rows found no room. */
  unwindRowsFull: count,
  /** Stacks deeper than the limit, or cut because memory could not be read. */
  stacksTruncated: count,
  /** Stacks for which frame pointers had to be trusted. */
  stacksGuessed: count,
  /** Allocator calls whose return was not seen. */
  returnsMissed: count,
  /** Frees that were not seen (the address was handed out again). */
  freesMissed: count,
  /** Frees whose place found the table of places full. */
  freeSitesFull: count,
  /** Probe hits that the kernel itself dropped. */
  probesMissed: count,
});
export type Losses = z.infer<typeof losses>;

export const sampleMessage = z.object({
  captureId: count,
  /** From 0, without gaps. */
  sequence: count,
  timeNs: count,
  unixMs: z.number(),
  /** The cohort that was current in the interval before this sample, and when it began. */
  cohort: z.object({ index, startNs: count }),
  counters: z.array(counter),
  /** Those that changed since the last sample. */
  freeSites: z.array(freeSite),
  /** Over all stacks, lost ones included. */
  totals: z.object({
    allocations: count,
    allocatedBytes: count,
    frees: count,
    freedBytes: count,
    /** Frees of blocks that were born before the capture. */
    unknownFrees: count,
    failedAllocations: count,
  }),
  process: processMemory,
  cost,
  losses,
});
export type SampleMessage = z.infer<typeof sampleMessage>;

export const endReason = z.enum(['stopped', 'exited', 'exec', 'failed']);
export type EndReason = z.infer<typeof endReason>;

export const endedMessage = z.object({
  captureId: count,
  reason: endReason,
  /** One line for a person. */
  detail: z.string(),
});
export type EndedMessage = z.infer<typeof endedMessage>;

export const logMessage = z.object({
  level: z.enum(['debug', 'info', 'warning', 'error']),
  message: z.string(),
});
export type LogMessage = z.infer<typeof logMessage>;

// ---------------------------------------------------------------------------------------------
// The tables of methods

/** Requests: method name to decoders of its parameters and its result. */
export const requests = {
  initialize: { params: initializeParams, result: initializeResult },
  shutdown: { params: z.undefined(), result: z.null() },
  'process/list': { params: z.undefined(), result: processListResult },
  doctor: { params: doctorParams, result: doctorResult },
  'capture/start': { params: captureStartParams, result: captureStartResult },
  'capture/stop': { params: captureStopParams, result: z.null() },
} as const;

/** Notifications from the agent: method name to decoder of its parameters. */
export const notifications = {
  'capture/modules': modulesMessage,
  'capture/stacks': stacksMessage,
  'capture/symbols': symbolsMessage,
  'capture/sample': sampleMessage,
  'capture/ended': endedMessage,
  log: logMessage,
} as const;
