import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AgentConnection, type Timeouts } from '../hosts/connection.ts';
import { fakeHost } from '../hosts/testing/fake-agent.ts';
import { CaptureSession, type SessionEvent } from './session.ts';

const client = { name: 'test', version: '0' };

async function start(
  t: TestContext,
  behaviour: string,
  timeouts: Partial<Timeouts> = {},
): Promise<{ session: CaptureSession; connection: AgentConnection }> {
  const connection = await AgentConnection.open(fakeHost(t, behaviour), { client, timeouts });
  t.after(() => connection.dispose());
  const session = await CaptureSession.start(connection, { pid: 4711, intervalMs: 100 });
  return { session, connection };
}

/** Resolves when so many samples are there. */
function samples(session: CaptureSession, wanted: number): Promise<void> {
  return new Promise((resolve) => {
    session.onEvent(() => {
      if (session.capture.samples.length >= wanted) resolve();
    });
  });
}

test('a capture grows, tells its listeners, and ends with a last sample', async (t) => {
  const { session } = await start(t, 'normal');
  const heard: SessionEvent['method'][] = [];
  session.onEvent(({ method }) => heard.push(method));
  await samples(session, 2);
  const before = session.capture.samples.length;
  assert.equal(session.capture.end, undefined);
  const end = await session.stop();
  assert.deepEqual(end, { reason: 'stopped', detail: '' });
  const { capture } = session;
  assert.ok(capture.samples.length > before);
  assert.equal(capture.start.process.name, 'server');
  assert.equal(capture.host.hostname, 'testhost');
  assert.equal(capture.modules[0]?.path, '/opt/server');
  assert.deepEqual(capture.stacks[0]?.locations, [0, 1]);
  assert.equal(capture.locations[0]?.frames?.[0]?.function, 'make()');
  assert.deepEqual(capture.samples[1]?.counters[0], [0, 1, 100, 25_600, 0, 0]);
  assert.deepEqual(heard.slice(0, 3), ['capture/modules', 'capture/stacks', 'capture/symbols']);
  assert.equal(heard.filter((method) => method === 'ended').length, 1);
  assert.equal(heard.at(-1), 'ended');
  assert.deepEqual(await session.stop(), end);
});

test('the end of the target ends the capture', async (t) => {
  const { session } = await start(t, 'target-exits');
  const end = await session.ended;
  assert.equal(end.reason, 'exited');
  assert.equal(session.capture.samples.length, 3);
});

test('an agent that is killed leaves its samples', async (t) => {
  const { session } = await start(t, 'killed-mid-capture');
  const end = await session.ended;
  assert.equal(end.reason, 'agentLost');
  assert.match(end.detail, /killed by SIGKILL/);
  assert.equal(session.capture.samples.length, 3);
  assert.equal((await session.stop()).reason, 'agentLost');
});

test('garbage in the middle ends the capture and keeps what was seen', async (t) => {
  const { session } = await start(t, 'garbage-mid-capture');
  const end = await session.ended;
  assert.equal(end.reason, 'agentLost');
  assert.match(end.detail, /Segmentation fault/);
  assert.equal(session.capture.samples.length, 3);
});

test('a sample that does not decode ends the capture', async (t) => {
  const { session } = await start(t, 'bad-sample');
  const end = await session.ended;
  assert.equal(end.reason, 'agentLost');
  assert.match(end.detail, /capture\/sample.*sequence/);
});

test('a number that no capture reaches ends it before it costs memory', async (t) => {
  const { session } = await start(t, 'bad-index');
  const end = await session.ended;
  assert.equal(end.reason, 'failed');
  assert.match(end.detail, /4000000000/);
  assert.ok(session.capture.locations.length < 10);
});

test('an agent that does not answer to stop is an end, too', async (t) => {
  const { session } = await start(t, 'hangs-at-stop', { 'capture/stop': 200 });
  await samples(session, 1);
  const end = await session.stop();
  assert.equal(end.reason, 'agentLost');
  assert.match(end.detail, /capture\/stop within 0\.2 s/);
});

test('a connection that is disposed hears nothing more', async (t) => {
  const { session, connection } = await start(t, 'normal');
  await samples(session, 1);
  await connection.dispose();
  const count = session.capture.samples.length;
  assert.equal((await session.stop()).reason, 'agentLost');
  assert.equal(session.capture.samples.length, count);
});
