/**
 * Blocks that leak because what owns them leaks: an object that is lost takes its strings, vectors
 * and sub-objects along. Their lines are in its constructor, and there is nothing wrong with them;
 * the line to look at is the one that made the object.
 */
import { growTogether } from './lockstep.ts';
import type { StackFrame } from './report.ts';
import type { SiteDraft } from './site-draft.ts';

function lineOf(frame: StackFrame): string {
  return `${frame.file ?? ''}\n${frame.line ?? 0}`;
}

/**
 * Finds the site whose object a leaking site's blocks belong to: it leaks too, all of the blocks were
 * allocated while its line was being executed (the line is a caller's in each stack), and the two grow in
 * step. Of several, the outermost.
 * @param leaks all leaking sites, by their blamed line
 */
function ownerOf(
  draft: SiteDraft,
  leaks: ReadonlyMap<string, SiteDraft>,
  tolerance: number,
): SiteDraft | undefined {
  const growing = draft.group.stacks.filter(
    (_, index) => (draft.histories[index]?.outstandingCount ?? 0) > 0,
  );
  const callers = growing.map((stack) =>
    stack.frames.slice(stack.blamed + 1).filter((frame) => frame.owned),
  );
  const common = callers.map((frames) => new Set(frames.map(lineOf)));
  const owners = (callers[0] ?? []).flatMap((frame) => {
    const line = lineOf(frame);
    const owner = leaks.get(line);
    return owner === undefined || owner === draft ? [] : [{ line, owner }];
  });
  return owners.reverse().find(({ line, owner }) => {
    return (
      owner.group.kind === draft.group.kind &&
      common.every((lines) => lines.has(line)) &&
      growTogether(draft.evidence.growingLevel, owner.evidence.growingLevel, tolerance)
    );
  })?.owner;
}

/**
 * Which leaking sites are members of another's objects.
 * @returns member -> owner; an owner is never a member itself
 */
export function membersOf(
  leaks: readonly SiteDraft[],
  tolerance: number,
): ReadonlyMap<SiteDraft, SiteDraft> {
  const byLine = new Map<string, SiteDraft>();
  for (const draft of leaks) {
    const { blamed } = draft.group;
    if (blamed?.owned === true) byLine.set(lineOf(blamed), draft);
  }
  const owners = new Map<SiteDraft, SiteDraft>();
  for (const draft of leaks) {
    const owner = ownerOf(draft, byLine, tolerance);
    if (owner !== undefined) owners.set(draft, owner);
  }
  const outermost = new Map<SiteDraft, SiteDraft>();
  for (const [member, owner] of owners) {
    let root = owner;
    // Bounded by the number of sites: two sites that each call the other would go round for ever.
    for (let steps = 0; steps < owners.size; steps += 1) root = owners.get(root) ?? root;
    if (!owners.has(root)) outermost.set(member, root);
  }
  return outermost;
}
