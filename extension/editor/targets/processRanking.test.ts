/** The picker's order and words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processSample } from '../testing/samples.ts';
import { rankProcesses, type Surroundings } from './processRanking.ts';

const here: Surroundings = { folders: ['/w'], lastTarget: undefined, ownPids: [] };
const shape = (groups: ReturnType<typeof rankProcesses>): [string, number[]][] =>
  groups.map((group) => [group.title, group.items.map((item) => item.process.pid)]);

const server = processSample({ pid: 1 });
const other = processSample({ pid: 2, executable: '/home/me/tool', rssBytes: 5 });
const shell = processSample({ pid: 3, executable: '/usr/bin/bash', command: ['bash'] });
const node = processSample({ pid: 7, executable: '/home/me/node/bin/node' });
const kernel = processSample({
  pid: 4,
  obstacle: { kind: 'kernelThread', message: 'a kernel thread' },
});
const foreign = processSample({
  pid: 5,
  obstacle: { kind: 'noAllocator', message: 'no allocator was found in it' },
});

test('programs of the workspace come first, what cannot be captured last, kernel threads never', () => {
  assert.deepEqual(shape(rankProcesses([kernel, foreign, node, shell, other, server], here)), [
    ['Programs of this workspace', [1]],
    ['Other programs', [2]],
    ['System programs and interpreters', [3, 7]],
    ['Cannot be captured', [5]],
  ]);
});

test('the last target is on top: its youngest instance', () => {
  const lastTarget = { executable: server.executable, command: server.command };
  const younger = processSample({ pid: 9, startedUnixMs: server.startedUnixMs + 1 });
  const otherArguments = processSample({ pid: 10, command: ['/w/build/server'] });
  assert.deepEqual(
    shape(rankProcesses([server, younger, otherArguments], { ...here, lastTarget })),
    [
      ['Last target', [9]],
      ['Programs of this workspace', [1, 10]],
    ],
  );
});

test('large ones first; a folder is a whole component; our own are left out', () => {
  const large = processSample({ pid: 6, executable: '/w2/x', rssBytes: 1e9 });
  assert.deepEqual(shape(rankProcesses([other, large, server], { ...here, ownPids: [1] })), [
    ['Other programs', [6, 2]],
  ]);
});

test('a line says what a person needs to recognise the process', () => {
  const [group] = rankProcesses([server, foreign], here);
  assert.deepEqual(
    { ...group?.items[0], process: undefined },
    {
      process: undefined,
      label: 'server',
      description: 'PID 1 · 12.3 MB · 4 threads · me',
      detail: '/w/build/server --port 80',
    },
  );
});

test('a hostile name becomes no icon and no second line', () => {
  const hostile = processSample({ name: '$(check)\nok', command: ['$(alert)\u202e'] });
  const item = rankProcesses([hostile], here)[0]?.items[0];
  assert.equal(item?.label, '\\$(check) ok');
  assert.equal(item.detail, '\\$(alert)');
});
