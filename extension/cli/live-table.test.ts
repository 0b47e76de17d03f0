import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleCapture } from '../capture/testing/example.ts';
import { exampleReport, frames } from '../export/testing/example-report.ts';
import { widthOf } from './columns.ts';
import { type LiveOptions, type LiveState, liveTable } from './live-table.ts';
import { uncoloured } from './style.ts';

const { samples } = exampleCapture();
const state: LiveState = {
  target: 'server (PID 4711)',
  elapsedMs: 12_000,
  durationMs: 20_000,
  report: exampleReport(),
  first: samples[0],
  last: samples.at(-1),
  stopping: false,
};
const options: LiveOptions = {
  columns: 110,
  rows: 24,
  cwd: '/home/alice/server',
  style: uncoloured,
};

test('the picture of a running capture', () => {
  const expected = `
LeakLens  server (PID 4711)  ████████████░░░░░░░░  0:12 of 0:20
memory  process 10.5 MB (+486 kB), traced +512 kB in 2,000 blocks, 22,000 allocations
cost    0.19% of a core, 2.0% of the target's time
losses  3 stacks were cut.

VERDICT  GROWTH           OUTSTANDING     BLOCKS        RATE  SITE
leak     ▁▃▆█                  512 kB      2,000  +25.6 kB/s  src/session.cpp:12  Session::make
steady   ▅█▁▅                    64 B          1       0 B/s  operator new in libstdc++.so.6.0.30

Ctrl-C ends the capture and prints the report.
`;
  assert.equal(`\n${liveTable(state, options).join('\n')}\n`, expected);
});

test('a narrow terminal leaves out the blocks, and keeps the line number', () => {
  const lines = liveTable(state, { ...options, columns: 60 });
  assert.deepEqual(lines.slice(5, 8), [
    'VERDICT  GROWTH   OUTSTANDING        RATE  SITE',
    'leak     ▁▃▆█          512 kB  +25.6 kB/s  …c/session.cpp:12',
    'steady   ▅█▁▅            64 B       0 B/s  …stdc++.so.6.0.30',
  ]);
});

test('before the first sample there is a clock and a word', () => {
  const lines = liveTable(
    { ...state, report: undefined, first: undefined, last: undefined },
    options,
  );
  assert.match(lines.join('\n'), /Waiting for the first allocations/);
});

test('it never takes more columns or rows than the terminal has', () => {
  const [leak] = exampleReport().sites;
  assert.ok(leak !== undefined);
  const long = { ...frames.make, function: 'x'.repeat(500), file: `/${'y/'.repeat(200)}z.cpp` };
  const many = Array.from({ length: 300 }, () => ({ ...leak, blamed: long }));
  const report = { ...exampleReport(), sites: many, lossNotes: ['lost '.repeat(100)] };
  for (const [columns, rows] of [
    [80, 24],
    [40, 10],
    [200, 60],
  ] as const) {
    const target = 'n'.repeat(300);
    const lines = liveTable({ ...state, target, report }, { ...options, columns, rows });
    assert.ok(lines.length < rows, `${lines.length} lines of ${rows}`);
    if (columns >= 80) for (const line of lines) assert.ok(widthOf(line) <= columns, line);
  }
});

test('the fastest growth comes first, and the rest is counted', () => {
  const [leak] = exampleReport().sites;
  assert.ok(leak !== undefined);
  const sites = Array.from({ length: 40 }, (_, index) => ({
    ...leak,
    trend: { ...leak.trend, bytesPerSecond: index * 1000 },
  }));
  const lines = liveTable({ ...state, report: { ...exampleReport(), sites } }, options);
  const rates = lines.flatMap((line) => /\+([\d.]+ k?B)\/s/.exec(line)?.[1] ?? []);
  assert.equal(rates[0], '39.0 kB');
  assert.ok(lines.some((line) => /^and \d+ more sites$/.test(line)));
});
