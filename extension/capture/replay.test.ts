/** A whole recorded conversation, with its agent's lines played back: what the session makes of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { type Message, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { AgentConnection } from '../hosts/connection.ts';
import type { AgentExit, Host } from '../hosts/host.ts';
import { CaptureSession } from './session.ts';

const message = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
});
const line = z.object({ from: z.enum(['client', 'agent']), message });

/**
 * A host whose agent plays the agent's part of a conversation. It waits for each request of the
 * client's part, which must have the same method and parameters; only the ids may differ.
 */
function playback(file: string): { host: Host; requests: string[] } {
  const script = readFileSync(file, 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => line.parse(JSON.parse(text)));
  const requests: string[] = [];
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const writer = new StreamMessageWriter(stdout);
  new StreamMessageReader(stdin).listen((raw: Message) => {
    const asked = message.parse(raw);
    const expected = script.shift();
    assert.equal(expected?.from, 'client');
    assert.equal(asked.method, expected.message.method);
    if (asked.method !== 'initialize') assert.deepEqual(asked.params, expected.message.params);
    requests.push(asked.method ?? '');
    while (script[0]?.from === 'agent') {
      const answer = script.shift()?.message;
      if (answer === undefined) return;
      const isAnswer = answer.id === expected.message.id && answer.method === undefined;
      void writer.write(isAnswer ? { ...answer, id: asked.id } : answer);
    }
  });
  const exited = new Promise<AgentExit>((resolve) => {
    stdin.once('end', () => {
      stdout.end();
      resolve({ code: 0, signal: undefined, stderrTail: '' });
    });
  });
  const host: Host = {
    name: 'a recording',
    startAgent: () =>
      Promise.resolve({
        stdin,
        stdout,
        exited,
        stderrTail: () => '',
        explainExit: () => new UserError('agentLost', 'The recording is over.', ''),
        dispose: () => {
          stdin.end();
          return exited.then(() => undefined);
        },
      }),
  };
  return { host, requests };
}

test('the sample capture, from the first word to the last', async () => {
  const { host, requests } = playback('protocol/samples/capture.jsonl');
  const connection = await AgentConnection.open(host, { client: { name: 'test', version: '0' } });
  const { processes } = await connection.request('process/list', undefined);
  const doctor = await connection.request('doctor', { pid: 2041 });
  assert.ok(doctor.checks.length > 0);
  const session = await CaptureSession.start(connection, {
    pid: processes[0]?.pid ?? 0,
    intervalMs: 1000,
    limits: { blocks: 1_048_576 },
  });
  await new Promise<void>((resolve) => {
    session.onEvent(() => {
      if (session.capture.samples.length === 2) resolve();
    });
  });
  const end = await session.stop();
  assert.equal(end.reason, 'stopped');
  const { capture } = session;
  assert.deepEqual(
    capture.samples.map(({ sequence }) => sequence),
    [0, 1, 2],
  );
  // A module is sent again when something about it changes: the later message counts.
  assert.notEqual(capture.modules[0]?.symbols, 'pending');
  const [stack] = capture.stacks;
  const location = capture.locations[stack?.locations[0] ?? -1];
  assert.equal(location?.frames?.[0]?.function, 'Registry::add(Listener*)');
  await connection.request('shutdown', undefined);
  await connection.dispose();
  assert.deepEqual(requests, [
    'initialize',
    'process/list',
    'doctor',
    'capture/start',
    'capture/stop',
    'shutdown',
  ]);
});
