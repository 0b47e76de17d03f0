import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessInfo } from '../../protocol/agent.ts';
import { exampleCapture } from '../capture/testing/example.ts';
import { UserError, type UserErrorKind } from '../errors.ts';
import { chooseProcess } from './choose-process.ts';
import { processTable } from './ps-command.ts';

const { process: example } = exampleCapture(0).start;

function process(pid: number, name: string, rest: Partial<ProcessInfo> = {}): ProcessInfo {
  return { ...example, pid, name, executable: `/usr/bin/${name}`, command: [name], ...rest };
}

const processes = [
  process(10, 'server'),
  process(11, 'server-worker'),
  process(12, 'a-name-that-is-c', { executable: '/opt/a-name-that-is-cut' }),
  process(13, 'kserver', { obstacle: { kind: 'kernelThread', message: '' }, executable: '' }),
  process(14, 'worker'),
  process(15, 'worker'),
];

function refuses(pattern: string, kind: UserErrorKind, message: RegExp): void {
  assert.throws(
    () => chooseProcess(processes, pattern, []),
    (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.kind, kind);
      assert.match(error.message, message);
      return true;
    },
  );
}

test('a whole name wins over names that merely contain it', () => {
  assert.equal(chooseProcess(processes, 'server', []).pid, 10);
});

test('a pattern is enough where it matches one', () => {
  assert.equal(chooseProcess(processes, '^server-', []).pid, 11);
});

test('a name that the kernel has cut is found by its executable', () => {
  assert.equal(chooseProcess(processes, 'a-name-that-is-cut', []).pid, 12);
});

test('several are listed, none is said, and a broken pattern is explained', () => {
  refuses('worker', 'badChoice', /14 \(worker\), 15 \(worker\)/);
  refuses('nobody', 'noSuchProcess', /"nobody"/);
  refuses('wor[', 'badChoice', /regular expression/);
});

test('kernel threads and ourselves are never chosen', () => {
  refuses('kserver', 'noSuchProcess', /kserver/);
  assert.throws(() => chooseProcess(processes, 'server-worker', [11]), UserError);
});

test('the table lists what can be captured, largest first, and counts the rest', () => {
  const table = processTable(
    [
      process(10, 'small', { rssBytes: 1_000_000 }),
      process(4711, 'large', { rssBytes: 2_000_000_000, command: ['large', '--flag\x1b[2J'] }),
      process(2, 'kthread', { obstacle: { kind: 'kernelThread', message: '' } }),
    ],
    undefined,
  );
  const expected = `
 PID  USER       RSS  THREADS  ALLOCATOR  COMMAND
4711  alice  2.00 GB        3  glibc      large --flag
  10  alice  1.00 MB        3  glibc      small
1 other process cannot be captured.
`;
  assert.equal(`\n${table.join('\n')}\n`, expected);
});

test('lines are cut to the terminal', () => {
  const table = processTable([process(1, 'x', { command: ['y'.repeat(300)] })], 60);
  assert.ok(table.every((line) => line.length <= 60));
});
