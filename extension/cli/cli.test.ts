/** The command line as a process, with a scripted agent: what it prints, and its exit codes. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { loadCapture } from '../capture/file.ts';
import { processTree } from '../hosts/process-tree.ts';
import { installFakeAgent, temporaryDirectory } from '../hosts/testing/fake-agent.ts';
import { runCli, startCli } from './testing/cli.ts';

/** Arguments that use a scripted agent, whether the test runs as root or not. */
function agent(t: TestContext, behaviour: string): string[] {
  return ['--agent', installFakeAgent(t, behaviour), '--sudo', 'env'];
}

/** Arguments of a capture that ends as soon as the leak is certain; the scripted agent's clock runs
 *  a second for each sample. */
function capture(t: TestContext, behaviour: string, ...rest: string[]): string[] {
  const until = ['--interval', '100ms', '--duration', '40s', '--until', 'verdict'];
  return ['capture', '--pid', '7', ...until, ...agent(t, behaviour), ...rest];
}

test('a capture ends in a report that names the line last', async (t) => {
  const { code, out, err } = await runCli(capture(t, 'normal'), '/home');
  assert.equal(code, 0, err);
  assert.match(out, /^LeakLens: server \(PID 7\) on testhost/);
  assert.match(out, /LEAK {2}alice\/server\/make\.cpp:12/);
  assert.match(out, /> #0 {2}alice\/server\/make\.cpp:12 {2}make\(\) \(inlined\)/);
  assert.match(out.trimEnd().split('\n').at(-1) ?? '', /alice\/server\/make\.cpp:12/);
  assert.match(err, /^Tracing server \(PID 7\) for 40 s/);
  assert.match(err, /traced/);
});

test('--fail-on leak exits with 1', async (t) => {
  const { code, out } = await runCli(capture(t, 'normal', '--fail-on', 'leak'));
  assert.equal(code, 1);
  assert.match(out, /LEAK/);
});

test('--until verdict ends long before the duration is over', async (t) => {
  const began = Date.now();
  assert.match((await runCli(capture(t, 'normal'))).out, /LEAK/);
  assert.ok(Date.now() - began < 35_000);
});

test('json is the whole capture, and report reads it back to the same report', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'saved.leaklens');
  const recorded = await runCli(capture(t, 'normal', '--output', file));
  assert.equal(recorded.code, 0, recorded.err);
  assert.match(recorded.err, /Saved to .*saved\.leaklens/);
  const again = await runCli(['report', file]);
  assert.equal(again.out, recorded.out);
  assert.equal((await runCli(['report', file, '--fail-on', 'leak'])).code, 1);
  const json = await runCli(['report', file, '--format', 'json']);
  const copy = path.join(directory, 'copy.json');
  writeFileSync(copy, json.out);
  assert.deepEqual(
    JSON.stringify(await loadCapture(copy)),
    JSON.stringify(await loadCapture(file)),
  );
});

test('sarif goes to standard output alone, or to a file beside the text', async (t) => {
  const file = path.join(temporaryDirectory(t), 'leaks.sarif');
  const { code, out } = await runCli(capture(t, 'normal', '--format', 'sarif'));
  assert.equal(code, 0);
  const log: unknown = JSON.parse(out);
  assert.ok(typeof log === 'object' && log !== null && 'runs' in log);
  const beside = await runCli(capture(t, 'normal', '--output', file));
  assert.match(beside.out, /LEAK/);
  assert.match(readFileSync(file, 'utf8'), /"ruleId": "memory-leak"/);
});

const mistakes: readonly (readonly string[])[] = [
  [],
  ['capture'],
  ['capture', '--pid', '1', '--name', 'x'],
  ['capture', '--pid', '1', '--', 'true'],
  ['capture', '--pid', 'x'],
  ['capture', '--pid', '1', '--duration', '5 parsecs'],
  ['capture', '--pid', '1', '--interval', '10ms'],
  ['capture', '--pid', '1', '--format', 'xml'],
  ['doctor', '--pid', '0'],
  ['report'],
  ['frobnicate'],
];
for (const args of mistakes) {
  test(`usage: leaklens ${args.join(' ')}`, async () => {
    const { code, out, err } = await runCli(args);
    assert.equal(code, 2, err);
    assert.equal(out, '');
    assert.notEqual(err, '');
  });
}

test('help and version are no mistakes', async () => {
  const help = await runCli(['capture', '--help']);
  assert.equal(help.code, 0);
  assert.match(help.out, /SIGTERM/);
  assert.equal((await runCli(['--version'])).out, '0.1.0\n');
});

const impossible: readonly (readonly [kind: string, code: number])[] = [
  ['noSuchProcess', 3],
  ['kernelThread', 3],
  ['notPermitted', 3],
  ['noAllocator', 3],
  ['processExited', 4],
];
for (const [kind, expected] of impossible) {
  test(`a capture that is impossible (${kind}) is one line and exit ${expected}`, async (t) => {
    const { code, out, err } = await runCli(capture(t, `impossible:${kind}`));
    assert.equal(code, expected);
    assert.equal(out, '');
    assert.equal(err, `leaklens: PID 7 cannot be captured: ${kind}. Choose another.\n`);
  });
}

test('an agent that is missing or refused root is one line and exit 3', async (t) => {
  const missing = await runCli(['ps', '--agent', '/nonexistent/agent']);
  assert.equal(missing.code, 3);
  assert.match(missing.err, /^leaklens: The agent \/nonexistent\/agent is missing\. .*\n$/);
  const dead = await runCli(capture(t, 'dies-at-start'));
  assert.equal(dead.code, 3);
  assert.match(dead.err, /^leaklens: The agent ended at its start.*\n$/);
});

test('a target that ends too early is reported, and exits with 4', async (t) => {
  const { code, out, err } = await runCli(capture(t, 'target-exits'));
  assert.equal(code, 4);
  assert.match(out, /The capture ended early: The target ended\./);
  assert.match(out, /No verdict|not enough evidence/);
  assert.match(err, /ended before there was enough evidence/);
});

test('an agent that dies is reported with what was seen, and exits with 3', async (t) => {
  const { code, out, err } = await runCli(capture(t, 'killed-mid-capture'));
  assert.equal(code, 3);
  assert.match(out, /3 samples/);
  assert.match(err, /cut short: The agent ended unexpectedly, killed by SIGKILL/);
});

test('an interrupt ends the capture and still prints the report', async (t) => {
  const args = ['capture', '--pid', '7', '--interval', '100ms', ...agent(t, 'normal')];
  const cli = startCli(args);
  await cli.says('traced');
  cli.child.kill('SIGINT');
  const { code, out } = await cli.result;
  assert.equal(code, 0);
  assert.match(out, /^LeakLens: server/);
});

test('a second interrupt gives up at once, and the agent ends with it', async (t) => {
  const args = agent(t, 'hangs-at-stop');
  const cli = startCli(['capture', '--pid', '7', '--interval', '100ms', ...args]);
  await cli.says('traced');
  cli.child.kill('SIGINT');
  await cli.says('Ending the capture');
  cli.child.kill('SIGINT');
  const { code, out } = await cli.result;
  assert.equal(code, 130);
  assert.equal(out, '');
});

/** PID of the process below another whose arguments hold the text. */
async function descendant(pid: number | undefined, text: string): Promise<number> {
  assert.ok(pid !== undefined);
  for (const candidate of (await processTree(pid)).slice(1)) {
    if (readFileSync(`/proc/${candidate}/cmdline`, 'utf8').includes(text)) return candidate;
  }
  throw new Error(`there is no ${text} below ${pid}`);
}

test('a command line that is killed takes its agent with it, and leaves the target', async (t) => {
  const cli = startCli(['capture', ...agent(t, 'normal'), '--', 'sleep', '60']);
  await cli.says('Tracing');
  const sleep = await descendant(cli.child.pid, 'sleep');
  const node = await descendant(cli.child.pid, 'fake-agent');
  t.after(() => process.kill(sleep));
  cli.child.kill('SIGKILL');
  for (let tries = 0; tries < 100 && existsSync(`/proc/${node}`); tries++) await delay(20);
  assert.ok(!existsSync(`/proc/${node}`), 'the agent still runs');
  assert.ok(existsSync(`/proc/${sleep}`), 'the target was to go on');
});

test('a launched program is captured, and ended when the time is over', async (t) => {
  const script = path.join(temporaryDirectory(t), 'program');
  writeFileSync(
    script,
    "#!/bin/sh\ntrap 'echo bye; exit' TERM\necho pid $$\nwhile :; do sleep 0.1; done\n",
  );
  chmodSync(script, 0o755);
  const { code, out, err } = await runCli([
    'capture',
    '--interval',
    '100ms',
    '--duration',
    '1s',
    ...agent(t, 'normal'),
    '--',
    script,
  ]);
  assert.equal(code, 0, err);
  assert.match(out, /^LeakLens/);
  assert.doesNotMatch(out, /pid/);
  const pid = /pid (\d+)[^]*bye/.exec(err)?.[1];
  assert.ok(pid !== undefined, err);
  assert.ok(!existsSync(`/proc/${pid}`));
});

test('a program that ends at once, or does not start, is explained', async (t) => {
  const absent = await runCli(['capture', ...agent(t, 'normal'), '--', 'no-such-program-here']);
  assert.equal(absent.code, 3);
  assert.match(absent.err, /no-such-program-here cannot be started: there is no such program/);
});

test('--name needs one process of that name', async (t) => {
  const one = ['capture', '--interval', '100ms', '--duration', '300ms', ...agent(t, 'normal')];
  assert.match((await runCli([...one, '--name', 'server'])).out, /server \(PID 4711\)/);
  const several = await runCli([...one, '--name', 'worker']);
  assert.equal(several.code, 2);
  assert.match(several.err, /4712 \(worker\), 4713 \(worker\)/);
  const none = await runCli([...one, '--name', 'nobody']);
  assert.equal(none.code, 3);
  assert.match(none.err, /"nobody".*leaklens ps/);
});

test('ps and doctor answer in text and in JSON', async (t) => {
  const ps = await runCli(['ps', ...agent(t, 'normal')]);
  assert.equal(ps.code, 0);
  assert.match(ps.out, /4711 {2}alice/);
  const list: unknown = JSON.parse(
    (await runCli(['ps', '--format', 'json', ...agent(t, 'normal')])).out,
  );
  assert.ok(Array.isArray(list) && list.length === 4);
  const doctor = await runCli(['doctor', ...agent(t, 'normal')]);
  assert.equal(doctor.code, 0);
  assert.match(doctor.out, /ok {7}Kernel: 6\.18\.0/);
  const unusable = await runCli(['doctor', '--format', 'json', ...agent(t, 'unusable')]);
  assert.equal(unusable.code, 3);
  assert.match(unusable.out, /"usable": false/);
});

test('a file that is no capture is one line and exit 3', async (t) => {
  const file = path.join(temporaryDirectory(t), 'x.json');
  writeFileSync(file, '{}');
  const { code, err } = await runCli(['report', file]);
  assert.equal(code, 3);
  assert.match(err, /^leaklens: .*x\.json is no saved capture.*\n$/);
});

test('a place that cannot be written is said before anything is traced', async (t) => {
  const { code, out, err } = await runCli(capture(t, 'normal', '--output', '/nonexistent/a.json'));
  assert.equal(code, 3);
  assert.equal(out, '');
  assert.match(err, /^leaklens: The result cannot be written to \/nonexistent\/a\.json.*\n$/);
});

test('a reader that goes away is no error', async (t) => {
  const file = path.join(temporaryDirectory(t), 'a.json');
  await runCli(capture(t, 'normal', '--format', 'json', '--output', file));
  const cli = startCli(['report', file, '--format', 'json']);
  cli.child.stdout?.destroy();
  const { err } = await cli.result;
  assert.equal(err, '');
});
