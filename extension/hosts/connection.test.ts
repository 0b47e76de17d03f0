import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError, type UserErrorKind } from '../errors.ts';
import { AgentConnection } from './connection.ts';
import type { AgentProcess, Host } from './host.ts';
import { LocalHost } from './local.ts';
import { fakeHost, temporaryDirectory } from './testing/fake-agent.ts';

const client = { name: 'test', version: '0' };

/** Remembers the processes that a host starts, so that a test can see them end. */
class WatchedHost implements Host {
  readonly name = 'watched';
  readonly started: AgentProcess[] = [];
  constructor(private readonly inner: Host) {}
  async startAgent(): Promise<AgentProcess> {
    const agent = await this.inner.startAgent();
    this.started.push(agent);
    return agent;
  }
}

async function open(t: TestContext, host: Host): Promise<AgentConnection> {
  const connection = await AgentConnection.open(host, { client, timeouts: { initialize: 5000 } });
  t.after(() => connection.dispose());
  return connection;
}

/** Opening fails with this kind of error, and the process has ended when it does. */
async function opensWith(
  host: Host,
  kind: UserErrorKind,
  message: RegExp,
  timeouts: { initialize: number } = { initialize: 5000 },
): Promise<void> {
  const watched = new WatchedHost(host);
  await assert.rejects(AgentConnection.open(watched, { client, timeouts }), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.kind, kind);
    assert.match(`${error.message} ${error.advice}`, message);
    return true;
  });
  for (const agent of watched.started) {
    const ended = await Promise.race([agent.exited.then(() => true), delay(100, false)]);
    assert.ok(ended, 'the agent still runs');
  }
}

async function processExists(pid: number): Promise<boolean> {
  try {
    // A zombie is no longer running.
    return !/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

test('an agent is started, asked, and ended', async (t) => {
  const connection = await open(t, fakeHost(t, 'normal'));
  assert.equal(connection.identity.host.hostname, 'testhost');
  const { pid } = connection.identity.agent;
  assert.ok(await processExists(pid));
  const { processes } = await connection.request('process/list', undefined);
  assert.equal(processes.length, 4);
  await connection.dispose();
  await connection.dispose();
  assert.ok(!(await processExists(pid)));
});

test('a slow agent is waited for', async (t) => {
  const connection = await open(t, fakeHost(t, 'slow'));
  assert.equal(connection.identity.agent.version, '0.1.0');
});

test('a missing agent is named', async () => {
  const host = new LocalHost({ bundleDirectory: '/nonexistent', isRoot: true });
  await opensWith(host, 'agentMissing', /\/nonexistent\/agent\/leaklens-agent is missing.*build/);
});

test('a directory in place of the agent is named', async (t) => {
  const agentPath = temporaryDirectory(t);
  const host = new LocalHost({ bundleDirectory: '/', agentPath, isRoot: true });
  await opensWith(host, 'agentMissing', /is not a file/);
});

test('an agent without permission to execute is named', async (t) => {
  const agentPath = path.join(temporaryDirectory(t), 'agent');
  writeFileSync(agentPath, '#!/bin/sh\n');
  chmodSync(agentPath, 0o644);
  const host = new LocalHost({ bundleDirectory: '/', agentPath, isRoot: true });
  await opensWith(host, 'agentNotExecutable', /is not executable.*chmod 755/);
});

test('an agent whose interpreter is missing is named', async (t) => {
  const agentPath = path.join(temporaryDirectory(t), 'agent');
  writeFileSync(agentPath, '#!/nonexistent/interpreter\n');
  chmodSync(agentPath, 0o755);
  const host = new LocalHost({ bundleDirectory: '/', agentPath, isRoot: true });
  await opensWith(host, 'agentNotExecutable', /cannot be executed/);
});

test('another version is refused, whatever else its answer holds', async (t) => {
  await opensWith(fakeHost(t, 'other-version'), 'agentVersion', /version 99 .* speaks 1/);
  await opensWith(fakeHost(t, 'refuses-version'), 'agentVersion', /speaks version 99/);
});

test('an agent that dies at its start is quoted', async (t) => {
  await opensWith(fakeHost(t, 'dies-at-start'), 'agentLost', /exit code 3.*refuses to load/);
});

test('an agent that never answers is ended, by force where needed', async (t) => {
  const patience = { initialize: 300 };
  await opensWith(fakeHost(t, 'hangs'), 'agentSilent', /initialize within 0\.3 s/, patience);
  await opensWith(fakeHost(t, 'hangs-hard'), 'agentSilent', /initialize/, patience);
});

test('what is not the protocol is said to be so', async (t) => {
  await opensWith(fakeHost(t, 'garbage'), 'agentGarbled', /not a message header.*Last login/);
  await opensWith(fakeHost(t, 'oversized'), 'agentGarbled', /999999999999 bytes/);
  await opensWith(fakeHost(t, 'not-json'), 'agentGarbled', /not JSON.*hello/);
});

test('an elevation command that refuses is quoted, with what to do', async (t) => {
  const directory = temporaryDirectory(t);
  const sudo = path.join(directory, 'sudo');
  writeFileSync(sudo, '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n');
  chmodSync(sudo, 0o755);
  const elevation = [sudo, '-n'];
  await opensWith(
    fakeHost(t, 'normal', { isRoot: false, elevation }),
    'rootNeeded',
    /a password is required.*sudo -v/,
  );
});

test('a missing elevation command is named', async (t) => {
  const elevation = ['/nonexistent/sudo', '-n'];
  await opensWith(
    fakeHost(t, 'normal', { isRoot: false, elevation }),
    'rootNeeded',
    /\/nonexistent\/sudo/,
  );
});

test('an agent below an elevation command is ended with it', async (t) => {
  const directory = temporaryDirectory(t);
  const sudo = path.join(directory, 'sudo');
  // Like sudo, it stays between us and the agent.
  writeFileSync(sudo, '#!/bin/sh\nshift\nexec 3<&0\n"$@" <&3 3<&- &\nwait\n');
  chmodSync(sudo, 0o755);
  const connection = await open(
    t,
    fakeHost(t, 'normal', { isRoot: false, elevation: [sudo, '-n'] }),
  );
  const { pid } = connection.identity.agent;
  await connection.dispose();
  assert.ok(!(await processExists(pid)));
});

test('an agent that ignores every request to end is killed behind the elevation command', async (t) => {
  const directory = temporaryDirectory(t);
  const sudo = path.join(directory, 'sudo');
  const pidFile = path.join(directory, 'pid');
  writeFileSync(
    sudo,
    `#!/bin/sh\nshift\nexec 3<&0\n"$@" <&3 3<&- &\necho $! > ${pidFile}\ntrap '' TERM\nwait\nwait\n`,
  );
  chmodSync(sudo, 0o755);
  const elevation = [sudo, '-n'];
  await opensWith(
    fakeHost(t, 'hangs-hard', { isRoot: false, elevation }),
    'agentSilent',
    /initialize/,
    { initialize: 300 },
  );
  assert.ok(!(await processExists(Number(await readFile(pidFile, 'latin1')))));
});

test('an impossible capture keeps its kind and advice', async (t) => {
  const connection = await open(t, fakeHost(t, 'impossible:noSuchProcess'));
  await assert.rejects(
    connection.request('capture/start', { pid: 5, intervalMs: 100 }),
    (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.kind, 'noSuchProcess');
      assert.equal(error.advice, 'Choose another.');
      return true;
    },
  );
});

test('parameters that the protocol does not permit are never sent', async (t) => {
  const connection = await open(t, fakeHost(t, 'normal'));
  await assert.rejects(connection.request('capture/start', { pid: -1, intervalMs: 100 }));
});
