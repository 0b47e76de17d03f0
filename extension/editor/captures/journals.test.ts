/** Which journals a window may take over, and that none outlives its use. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { Journal } from '../../capture/journal.ts';
import { CaptureSession } from '../../capture/session.ts';
import { AgentConnection } from '../../hosts/connection.ts';
import { fakeHost } from '../../hosts/testing/fake-agent.ts';
import { Journals } from './journals.ts';
import { captureId } from './openCapture.ts';

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'leaklens-journals-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes the journal of a short capture. */
async function record(t: TestContext, file: string): Promise<string> {
  const client = { name: 'test', version: '0' };
  const connection = await AgentConnection.open(fakeHost(t, 'normal'), { client });
  const session = await CaptureSession.start(connection, { pid: 4711, intervalMs: 100 });
  const journal = new Journal(file, session, (error) => {
    throw error;
  });
  await new Promise<void>((resolve) => {
    session.onEvent(() => {
      if (session.capture.samples.length >= 2) resolve();
    });
  });
  await session.stop();
  await journal.close();
  await connection.dispose();
  return captureId(session.capture);
}

test('a journal of a process that is gone is taken over, and removed when it is discarded', async (t) => {
  const directory = await temporaryDirectory(t);
  const file = path.join(directory, '4194999-1-1.journal');
  const id = await record(t, file);
  const journals = await Journals.open(directory);
  const orphans = await journals.orphans();
  assert.deepEqual(
    orphans.map((orphan) => [orphan.file, captureId(orphan.capture)]),
    [[file, id]],
  );
  await journals.discard(id);
  assert.deepEqual(await readdir(directory), []);
});

test('a journal of a living process is left alone, but not for a later process of that number', async (t) => {
  const directory = await temporaryDirectory(t);
  const other = spawn('sleep', ['60']);
  t.after(() => other.kill());
  await once(other, 'spawn');
  const stat = await readFile(`/proc/${other.pid ?? 0}/stat`, 'latin1');
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const alive = path.join(directory, `${other.pid ?? 0}-${ticks}-1.journal`);
  const earlier = path.join(directory, `${other.pid ?? 0}-${ticks - 1}-1.journal`);
  await record(t, alive);
  await copyFile(alive, earlier);
  const orphans = await (await Journals.open(directory)).orphans();
  assert.deepEqual(
    orphans.map((orphan) => orphan.file),
    [earlier],
  );
});

test('what cannot be read or holds no sample is removed; strangers stay', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(path.join(directory, '4194999-1-1.journal'), 'garbage');
  await writeFile(path.join(directory, 'notes.txt'), 'mine');
  const journals = await Journals.open(directory);
  assert.deepEqual(await journals.orphans(), []);
  assert.deepEqual(await readdir(directory), ['notes.txt']);
});

test('a new journal is not its own orphan; a missing directory is made', async (t) => {
  const directory = path.join(await temporaryDirectory(t), 'deep', 'storage');
  const journals = await Journals.open(directory);
  assert.deepEqual(await journals.orphans(), []);
  const file = await journals.create();
  await record(t, file);
  assert.deepEqual(await journals.orphans(), []);
  assert.notEqual(await journals.create(), file);
});
