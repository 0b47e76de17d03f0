/** Marks move with their text; checked against the text itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineTracker, moved, type Position, type TextChange } from './lineTracker.ts';

const at = (line: number, character: number): Position => ({ line, character });
const change = (start: Position, end: Position, text: string): TextChange => ({ start, end, text });

/** Applies an edit to a text, as the editor does. */
function apply(text: string, { start, end, text: inserted }: TextChange): string {
  const lines = text.split('\n');
  const offset = ({ line, character }: Position): number =>
    lines.slice(0, line).reduce((sum, it) => sum + it.length + 1, 0) + character;
  return text.slice(0, offset(start)) + inserted + text.slice(offset(end));
}

test('lines above push it, lines below do not', () => {
  assert.deepEqual(moved(at(5, 2), change(at(0, 0), at(0, 0), 'a\nb\n')), at(7, 2));
  assert.deepEqual(moved(at(5, 2), change(at(2, 0), at(4, 0), '')), at(3, 2));
  assert.deepEqual(moved(at(5, 2), change(at(5, 3), at(5, 3), '\n\n')), at(5, 2));
  assert.deepEqual(moved(at(5, 2), change(at(6, 0), at(9, 0), '')), at(5, 2));
});

test('Enter before the code takes the mark along', () => {
  assert.deepEqual(moved(at(5, 2), change(at(5, 2), at(5, 2), '\n  ')), at(6, 2));
  assert.deepEqual(moved(at(5, 2), change(at(5, 0), at(5, 0), '\n')), at(6, 2));
});

test('a deleted line loses its mark, a rewritten one keeps it', () => {
  assert.equal(moved(at(5, 2), change(at(4, 3), at(6, 0), '')), undefined);
  assert.deepEqual(moved(at(5, 2), change(at(5, 0), at(5, 20), 'other();')), at(5, 0));
  assert.deepEqual(moved(at(5, 2), change(at(3, 0), at(8, 0), '1\n2\n3\n4\n5\n')), at(5, 2));
});

test('a marked word that no edit touches is found where the mark says', () => {
  const position = fc.record({ line: fc.nat(7), character: fc.nat(3) });
  fc.assert(
    fc.property(position, position, fc.stringMatching(/^[ab\n]{0,6}$/), (one, two, text) => {
      const [start, end] =
        one.line < two.line || (one.line === two.line && one.character <= two.character)
          ? [one, two]
          : [two, one];
      const before = ['....', '....', '....', '  X.', '....', '....', '....', '....'].join('\n');
      const mark = at(3, 2);
      const edit = change(start, end, text);
      const after = apply(before, edit).split('\n');
      const line = after.findIndex((it) => it.includes('X'));
      if (line === -1) return;
      assert.deepEqual(moved(mark, edit), at(line, after[line]?.indexOf('X') ?? -1));
    }),
  );
});

test('several edits of one event count from the text before it', () => {
  const tracker = new LineTracker();
  assert.equal(tracker.lineNow('f', 'b', 5, 0), 5);
  tracker.edited('f', [
    change(at(1, 0), at(1, 0), '\n'),
    change(at(4, 0), at(4, 0), '\n\n'),
    change(at(7, 0), at(8, 0), ''),
  ]);
  assert.equal(tracker.lineNow('f', 'b', 5, 0), 8);
  assert.equal(tracker.lineNow('other', 'b', 5, 0), 5);
});

test('closing without saving takes unsaved edits back; another build starts afresh', () => {
  const tracker = new LineTracker();
  tracker.lineNow('f', 'b', 5, 0);
  tracker.edited('f', [change(at(0, 0), at(0, 0), '\n')]);
  tracker.saved('f');
  tracker.edited('f', [change(at(0, 0), at(0, 0), '\n')]);
  assert.equal(tracker.lineNow('f', 'b', 5, 0), 7);
  tracker.closed('f');
  assert.equal(tracker.lineNow('f', 'b', 5, 0), 6);
  assert.equal(tracker.lineNow('f', 'newer', 5, 0), 5);
});
