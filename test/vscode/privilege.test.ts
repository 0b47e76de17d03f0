/** VS Code as an ordinary user, who may not become root: a clear word, and saved captures all the same. */
import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { EditorFixture } from './fixture.ts';
import type { Workbench } from './workbench.ts';

let fixture: EditorFixture;
let window: Workbench;

/** Debian's `nobody`. */
const user = { uid: 65534, gid: 65534 };

before(async () => {
  fixture = await EditorFixture.start({ user });
  window = await fixture.open();
});

after(async () => {
  await fixture.stop();
});

test('sudo refuses', { timeout: 180_000 }, async () => {
  // What sudo says without a password and without a terminal, whatever this machine's own is like.
  const sudo = path.join(fixture.directory, 'sudo');
  await writeFile(sudo, '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n');
  await chmod(sudo, 0o755);
  await fixture.settings({ 'leaklens.agent.elevationCommand': [sudo, '-n'] });
  await window.command('LeakLens: Start Leak Capture');
  const told = window.notification(/Tracing needs root/);
  await told.waitFor({ timeout: 60_000 });
  assert.match(await told.innerText(), /a password is required/);
  await told.getByText('Elevation Setting').waitFor();
  await window.screenshot('sudo-refused');
  assert.deepEqual(await fixture.agents(), []);
});

test('no elevation command at all', { timeout: 180_000 }, async () => {
  await fixture.settings({ 'leaklens.agent.elevationCommand': ['/nowhere/sudo'] });
  await window.dismissNotifications();
  await window.command('LeakLens: Start Leak Capture');
  const told = window.notification(/does not run/);
  await told.waitFor({ timeout: 60_000 });
  assert.match(await told.innerText(), /\/nowhere\/sudo/);
});
