/** What a journal holds is the capture, cut anywhere, and no file makes reading it fail otherwise. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { UserError } from '../errors.ts';
import { AgentConnection } from '../hosts/connection.ts';
import { fakeHost } from '../hosts/testing/fake-agent.ts';
import { captureText } from './document.ts';
import { Journal, readJournal } from './journal.ts';
import { CaptureSession } from './session.ts';

async function temporaryFile(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'leaklens-journal-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return path.join(directory, 'capture.journal');
}

async function start(t: TestContext): Promise<CaptureSession> {
  const client = { name: 'test', version: '0' };
  const connection = await AgentConnection.open(fakeHost(t, 'normal'), { client });
  t.after(() => connection.dispose());
  return CaptureSession.start(connection, { pid: 4711, intervalMs: 100 });
}

const unexpected = (error: Error): never => {
  throw error;
};

const samples = (session: CaptureSession, wanted: number): Promise<void> =>
  new Promise((resolve) => {
    session.onEvent(() => {
      if (session.capture.samples.length >= wanted) resolve();
    });
  });

test('a journal that began late reads back as the whole capture', async (t) => {
  const file = await temporaryFile(t);
  const session = await start(t);
  await samples(session, 2);
  const journal = new Journal(file, session, unexpected);
  await samples(session, 4);
  await session.stop();
  await journal.close();
  const read = await readJournal(file);
  assert.equal([...captureText(read)].join(''), [...captureText(session.capture)].join(''));
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('a journal that was cut anywhere gives the samples before the cut', async (t) => {
  const file = await temporaryFile(t);
  const session = await start(t);
  const journal = new Journal(file, session, unexpected);
  await samples(session, 3);
  await session.stop();
  await journal.close();
  const whole = await readFile(file, 'utf8');
  const firstSample = whole.indexOf('"capture/sample"');
  const secondSample = whole.indexOf('"capture/sample"', firstSample + 1);
  await truncate(file, secondSample + 20);
  const read = await readJournal(file);
  assert.equal(read.samples.length, 1);
  assert.equal(read.end, undefined);
});

test('a line that makes no sense ends the reading, and keeps what was read', async (t) => {
  const file = await temporaryFile(t);
  const session = await start(t);
  const journal = new Journal(file, session, unexpected);
  await samples(session, 2);
  await journal.close();
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  await writeFile(file, [...lines, '{"method":"capture/sample","params":{}}', '[]'].join('\n'));
  assert.equal((await readJournal(file)).samples.length, 2);
});

test('what is no journal is refused in words', async (t) => {
  const file = await temporaryFile(t);
  for (const text of ['', '{}', 'x', '{"format":"leaklens-journal","version":2}\n']) {
    await writeFile(file, text);
    await assert.rejects(readJournal(file), (error) => error instanceof UserError);
  }
  await assert.rejects(readJournal(`${file}.missing`), UserError);
});

test('a place that cannot be written is told once, and the session goes on', async (t) => {
  const session = await start(t);
  const errors: Error[] = [];
  const journal = new Journal('/proc/no-such-directory/x', session, (error) => errors.push(error));
  await samples(session, 2);
  await journal.close();
  assert.equal(errors.length, 1);
  assert.equal(session.capture.end, undefined);
});
