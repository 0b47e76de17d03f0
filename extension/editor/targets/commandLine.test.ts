/** Command lines, as typed and as shown again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatCommandLine, parseCommandLine } from './commandLine.ts';

test('words, quotes and backslashes', () => {
  assert.deepEqual(parseCommandLine('  ./server --port 80 '), ['./server', '--port', '80']);
  assert.deepEqual(parseCommandLine(`a 'b c' "d \\"e\\" \\n" f\\ g ''`), [
    'a',
    'b c',
    'd "e" \\n',
    'f g',
    '',
  ]);
  assert.deepEqual(parseCommandLine('x $HOME;`y`'), ['x', '$HOME;`y`']);
});

test('what is wrong is said', () => {
  assert.match(String(parseCommandLine('')), /Type a program/);
  assert.match(String(parseCommandLine('"a')), /quote/);
  assert.match(String(parseCommandLine('a\\')), /backslash/);
});

test('what is shown reads back', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
      fc.pre(words[0] !== '');
      assert.deepEqual(parseCommandLine(formatCommandLine(words)), words);
    }),
  );
});
