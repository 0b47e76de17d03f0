/**
 * Stacks into sites: all stacks whose blamed frame is the same line are one site.
 */
import type { Capture, Location } from '../capture/capture.ts';
import type { StackEnd } from '../../protocol/agent.ts';
import { fingerprint, identity } from './fingerprint.ts';
import { HolderReader } from './holder.ts';
import { Ownership } from './ownership.ts';
import type { Holder, StackFrame } from './report.ts';

/** A stack with its frames. */
export interface ResolvedStack {
  readonly stack: number;
  readonly kind: 'heap' | 'mapping';
  readonly end: StackEnd;
  readonly frames: readonly StackFrame[];
  /** Index into `frames`, or -1. */
  readonly blamed: number;
  readonly holder: Holder;
  /** Equal for stacks of one site. */
  readonly siteKey: string;
  /** What the site's fingerprint is made of. */
  readonly identity: string;
}

export interface StackGroup {
  readonly fingerprint: string;
  readonly kind: 'heap' | 'mapping';
  readonly blamed: StackFrame | undefined;
  readonly stacks: readonly ResolvedStack[];
}

/** Stacks, and the same in groups. */
export interface Sites {
  readonly stacks: readonly ResolvedStack[];
  readonly groups: readonly StackGroup[];
}

/** What resolving needs of a capture; it may grow between two calls. */
export type Tables = Pick<Capture, 'modules' | 'locations' | 'stacks' | 'start'>;

/** Resolves stacks and remembers those whose frames cannot change any more. */
export class StackResolver {
  readonly #ownership: Ownership;
  readonly #holders = new HolderReader();
  readonly #frames = new Map<Location, readonly StackFrame[]>();
  readonly #stacks = new Map<number, ResolvedStack>();
  #sites: Sites | undefined;
  /** Stacks of #sites whose frames cannot change any more. */
  #known = 0;

  constructor(systemPaths: readonly string[], executable: string) {
    this.#ownership = new Ownership(systemPaths, executable);
  }

  /**
   * The sites of the given stacks. The same object again as long as there is neither a new stack nor
   * a stack whose frames were still unknown.
   */
  sites(stacks: ReadonlyMap<number, unknown>, tables: Tables): Sites {
    if (stacks.size === this.#sites?.stacks.length && stacks.size === this.#known) {
      return this.#sites;
    }
    const resolved = [...stacks.keys()].map((stack) => this.resolve(stack, tables));
    this.#known = resolved.filter((stack) => this.#stacks.has(stack.stack)).length;
    this.#sites = { stacks: resolved, groups: groupStacks(resolved) };
    return this.#sites;
  }

  resolve(stack: number, tables: Tables): ResolvedStack {
    const known = this.#stacks.get(stack);
    if (known !== undefined) return known;
    const info = tables.stacks[stack];
    const locations = (info?.locations ?? []).map((index) => tables.locations[index]);
    const frames = locations.flatMap((location) =>
      location === undefined ? [] : this.#framesOf(location, tables),
    );
    const blamed = this.#ownership.blamed(frames);
    const kind = info?.kind === 'mapping' ? 'mapping' : 'heap';
    const resolved: ResolvedStack = {
      stack,
      kind,
      end: info?.end ?? 'truncated',
      frames,
      blamed,
      holder: this.#holders.holderOf(frames, blamed),
      siteKey: siteKey(kind, frames, blamed, stack),
      identity: identity(kind, frames, blamed),
    };
    if (info !== undefined && locations.every((location) => location?.frames !== undefined)) {
      this.#stacks.set(stack, resolved);
    }
    return resolved;
  }

  #framesOf(location: Location, tables: Tables): readonly StackFrame[] {
    const known = this.#frames.get(location);
    if (known !== undefined) return known;
    const frames = this.#ownership.frames(location, tables.modules);
    if (location.frames !== undefined) this.#frames.set(location, frames);
    return frames;
  }
}

/** Stacks with the same owned line share a key; without source, those that call from one function,
 *  and failing that, from one address. */
function siteKey(
  kind: string,
  frames: readonly StackFrame[],
  blamed: number,
  stack: number,
): string {
  const frame = frames[blamed] ?? frames[0];
  if (frame === undefined) return `${kind}\nstack ${stack}`;
  if (frame.owned) return `${kind}\n${frame.file ?? ''}\n${frame.line ?? 0}`;
  if (frame.function !== '') return `${kind}\n${frame.module}\n${frame.function}`;
  return `${kind}\n${frame.module}\n${frame.address}`;
}

/** Groups stacks into sites, in an order that does not depend on the stacks' numbers. */
export function groupStacks(stacks: readonly ResolvedStack[]): StackGroup[] {
  const byKey = new Map<string, ResolvedStack[]>();
  for (const stack of stacks) {
    const group = byKey.get(stack.siteKey);
    if (group === undefined) byKey.set(stack.siteKey, [stack]);
    else group.push(stack);
  }
  const keys = [...byKey.keys()].map(sortable).sort(compareKeys);
  const ordinals = new Map<string, number>();
  const groups: StackGroup[] = [];
  for (const { key } of keys) {
    const group = byKey.get(key) ?? [];
    const first = group[0];
    if (first === undefined) continue;
    // A line in a template has a function for each instance: the first by name stands for all.
    const siteIdentity = group
      .map((stack) => stack.identity)
      .reduce((least, other) => (other < least ? other : least));
    const ordinal = ordinals.get(siteIdentity) ?? 0;
    ordinals.set(siteIdentity, ordinal + 1);
    groups.push({
      fingerprint: fingerprint(siteIdentity, ordinal),
      kind: first.kind,
      blamed: first.frames[first.blamed],
      stacks: group,
    });
  }
  return groups;
}

interface SortableKey {
  readonly key: string;
  /** Up to the last line break. */
  readonly head: string;
  /** What follows, as a number: a line, for most sites. */
  readonly line: number;
}

function sortable(key: string): SortableKey {
  const split = key.lastIndexOf('\n');
  return { key, head: key.slice(0, split), line: Number(key.slice(split + 1)) };
}

/** By text, and by number where both end in a line number: line 9 comes before line 10. */
function compareKeys(a: SortableKey, b: SortableKey): number {
  if (a.head !== b.head) return a.head < b.head ? -1 : 1;
  const difference = a.line - b.line;
  if (difference !== 0 && !Number.isNaN(difference)) return difference;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
