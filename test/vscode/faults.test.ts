/** What goes wrong around a capture, in a real VS Code: each time a clear word, and nothing left. */
import assert from 'node:assert/strict';
import { chmod, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { kernelObjects, leftAfterOneSecond, patchedBytes } from '../support/remains.ts';
import { repository } from '../support/targets.ts';
import { type Built, buildTarget, EditorFixture, eventually } from './fixture.ts';
import type { Workbench } from './workbench.ts';

let fixture: EditorFixture;
let window: Workbench;
let built: Built;
let target: { pid: number; kill(signal: 'SIGTERM'): boolean };

const timeout = 180_000;

before(async () => {
  fixture = await EditorFixture.start({
    settings: {
      'leaklens.capture.durationSeconds': 0,
      'leaklens.capture.intervalSeconds': 0.2,
      'leaklens.capture.openDashboard': false,
    },
  });
  built = await buildTarget('error_path_leak', fixture.workspace);
  target = await fixture.target(built.program);
  window = await fixture.open();
  await bindKeys([target.pid]);
});

afterEach(async (context) => {
  if (context instanceof Object && 'passed' in context && context.passed === false)
    await window.screenshot('fault-failure');
  await window.dismissNotifications();
});

after(async () => {
  await fixture.stop();
});

/** Control+Alt+1 and so on capture the programs; Control+Alt+0 stops. */
async function bindKeys(pids: readonly number[]): Promise<void> {
  await fixture.keyBindings([
    { key: 'ctrl+alt+0', command: 'leaklens.stopCapture' },
    ...pids.map((pid, at) => ({
      key: `ctrl+alt+${at + 1}`,
      command: 'leaklens.startCapture',
      args: { pid },
    })),
  ]);
}

async function startByKey(number = 1): Promise<void> {
  await window.page.locator('.part.sidebar').click({ position: { x: 100, y: 500 } });
  await window.page.keyboard.press(`Control+Alt+${number}`);
}

async function captured(): Promise<void> {
  await startByKey();
  await window.statusBar.waitFor({ timeout: 60_000 });
}

/** Runs Start Leak Capture with a broken agent, and gives what the user is told. */
async function refusal(agentPath: string): Promise<string> {
  await fixture.settings({ 'leaklens.agent.path': agentPath });
  await window.command('LeakLens: Start Leak Capture');
  const told = window.notification(/agent|root/i).first();
  await told.waitFor({ timeout: 60_000 });
  await fixture.settings({ 'leaklens.agent.path': '' });
  return told.innerText();
}

test('no agent', { timeout }, async () => {
  assert.match(await refusal('/nowhere/leaklens-agent'), /\/nowhere\/leaklens-agent is missing/);
});

test('an agent that is not executable', { timeout }, async () => {
  const file = path.join(fixture.directory, 'not-executable');
  await writeFile(file, 'x', { mode: 0o644 });
  assert.match(await refusal(file), /is not executable[\s\S]*chmod 755/);
});

test('an agent of another version', { timeout }, async () => {
  const file = path.join(fixture.directory, 'other-version');
  const script = path.join(repository, 'extension/hosts/testing/fake-agent.mjs');
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${script}' refuses-version "$@"\n`);
  await chmod(file, 0o755);
  assert.match(await refusal(file), /speaks version 99[\s\S]*reinstall/i);
});

test('an agent that is killed: its samples stay, and nothing else does', { timeout }, async () => {
  await captured();
  await window.showView();
  await window
    .treeRow(/error_path_leak \(\d+\)/)
    .filter({ hasText: /\d:\d\d · \+/ })
    .waitFor();
  const [agent] = await fixture.agents();
  assert.ok(agent !== undefined);
  const objects = await kernelObjects(agent);
  assert.ok(objects.length > 0);
  process.kill(agent, 'SIGKILL');
  await window.notification(/cut short[\s\S]*killed by SIGKILL/).waitFor();
  assert.deepEqual(await leftAfterOneSecond([agent], objects), []);
  await window
    .treeRow(/error_path_leak \(\d+\)/)
    .filter({ hasText: 'not saved' })
    .waitFor();
  await window.command('LeakLens: Clear Results');
});

test('the target ends', { timeout }, async () => {
  const short = await fixture.target(built.program);
  await bindKeys([target.pid, short.pid]);
  await startByKey(2);
  await window.statusBar.waitFor();
  short.kill('SIGTERM');
  await window.notification(/The program has ended/).waitFor();
  await window.statusBar.waitFor({ state: 'hidden' });
  assert.deepEqual(await fixture.agents(), []);
  await startByKey(2);
  await window.notification(/no process|no such process|has ended/i).waitFor();
  await window.command('LeakLens: Clear Results');
});

test('two captures at once are independent', { timeout }, async () => {
  const other = await fixture.target(built.program, ['--rate', '500']);
  await bindKeys([target.pid, other.pid]);
  await captured();
  await startByKey(2);
  await window.statusBar.filter({ hasText: '2 captures' }).waitFor();
  assert.equal((await fixture.agents()).length, 2);
  await window.command('LeakLens: Stop Leak Capture');
  await window.pickerRows.filter({ hasText: `(${other.pid})` }).click();
  await window.statusBar.filter({ hasNotText: '2 captures' }).waitFor();
  assert.equal((await fixture.agents()).length, 1);
  await window.command('LeakLens: Stop Leak Capture');
  await window.statusBar.waitFor({ state: 'hidden' });
  await window.command('LeakLens: Clear Results');
});

test(
  'a workspace without the source: the stack is there, the line is asked for',
  { timeout },
  async () => {
    await rm(path.dirname(built.source), { recursive: true });
    await captured();
    await window.showView();
    const site = window.treeRow(/error_path_leak\.cpp:\d+/);
    await site.waitFor({ timeout: 90_000 });
    await site.click();
    await window.treeRow(/Session::serve/).click();
    await window.notification(/error_path_leak\.cpp is not on this machine/).waitFor();
    assert.deepEqual(await window.lineEnds(), []);
    await window.command('LeakLens: Stop Leak Capture');
    await window.statusBar.waitFor({ state: 'hidden' });
    await window.command('LeakLens: Clear Results');
  },
);

test(
  '50 quick captures leave no process, no descriptor and no probe behind',
  { timeout: 400_000 },
  async () => {
    await bindKeys([target.pid]);
    const [extensionHost] = await fixture.server.extensionHosts();
    assert.ok(extensionHost !== undefined);
    const agents = new Set<number>();
    let before = 0;
    for (let cycle = 0; cycle < 50; cycle += 1) {
      await captured();
      for (const agent of await fixture.agents()) agents.add(agent);
      await window.page.keyboard.press('Control+Alt+0');
      await window.statusBar.waitFor({ state: 'hidden' });
      // The first cycles open what stays open: modules, the log.
      if (cycle === 4) before = await descriptors(extensionHost);
    }
    assert.equal(agents.size, 50);
    assert.deepEqual(await leftAfterOneSecond([...agents], []), []);
    assert.equal(await patchedBytes(target.pid), 0);
    await window.command('LeakLens: Clear Results');
    const after = await eventually('descriptors to be closed', async () => {
      const now = await descriptors(extensionHost);
      return now <= before && now;
    });
    assert.ok(after <= before);
    assert.deepEqual(await journals(), []);
  },
);

async function descriptors(pid: number): Promise<number> {
  const names = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(
    names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
  );
  return links.filter((link) => /^(pipe|socket|anon_inode):|\.journal$/.test(link)).length;
}

async function journals(): Promise<readonly string[]> {
  const storage = path.join(fixture.directory, 'data', 'User', 'workspaceStorage');
  const all = await readdir(storage, { recursive: true });
  return all.filter((name) => name.endsWith('.journal'));
}
