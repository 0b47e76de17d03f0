/**
 * A client that breaks every rule: the real agent, built with sanitizers, answers with an error or
 * ends cleanly. It never crashes, and never waits for more than there is.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { PROTOCOL_VERSION } from '../protocol/agent.ts';
import { sanitizedAgentPath } from './support/direct-capture.ts';

interface Conversation {
  readonly exit: readonly unknown[];
  readonly stderr: string;
  readonly replies: readonly Reply[];
}

const reply = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  method: z.string().optional(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number().int(), message: z.string().min(1) }).optional(),
});
type Reply = z.infer<typeof reply>;

/** Splits what the agent wrote into its messages; it must be framed well to the last byte. */
function parseFrames(output: Buffer): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf('\r\n\r\n', at);
    const header = output.subarray(at, end).toString('latin1');
    const size = Number(/^Content-Length: (\d+)$/m.exec(header)?.[1]);
    assert.ok(end > at && Number.isInteger(size), `bad header: ${header}`);
    const body = output.subarray(end + 4, end + 4 + size);
    assert.equal(body.length, size, 'cut message');
    replies.push(reply.parse(JSON.parse(body.toString('utf8'))));
    at = end + 4 + size;
  }
  return replies;
}

/** Sends bytes to a new agent, closes its stdin, and waits for its end. */
async function converse(...pieces: (Buffer | string)[]): Promise<Conversation> {
  const child = spawn(sanitizedAgentPath, ['serve'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0' },
  });
  // An agent that gives up on the stream reads no more of it.
  child.stdin.on('error', () => undefined);
  const ended = Promise.all([once(child, 'exit'), buffer(child.stdout), text(child.stderr)]);
  for (const piece of pieces) child.stdin.write(piece);
  child.stdin.end();
  const [exit, output, stderr] = await ended;
  return { exit, stderr, replies: parseFrames(output) };
}

function assertClean({ exit, stderr }: Conversation): void {
  assert.doesNotMatch(stderr, /Sanitizer|runtime error/);
  const [code, signal] = exit;
  assert.equal(signal, null, stderr);
  assert.ok(code === 0 || code === 1, `exit code ${String(code)}: ${stderr}`);
}

function frame(body: string): string {
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function request(id: number, method: string, params?: unknown): string {
  return frame(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
}

const hello = request(1, 'initialize', {
  protocolVersion: PROTOCOL_VERSION,
  client: { name: 'test', version: '0' },
});

function errorOf({ replies }: Conversation, id: number | null): number | undefined {
  return replies.find((message) => message.id === id)?.error?.code;
}

describe('requests that are refused', { concurrency: 2 }, () => {
  const InvalidRequest = -32600;
  const MethodNotFound = -32601;
  const InvalidParams = -32602;
  const ParseError = -32700;
  const NotInitialized = -32002;
  const VersionMismatch = -32100;
  const CaptureImpossible = -32101;

  const cases: readonly [string, string, number | null, number][] = [
    ['a request before initialize', request(7, 'process/list'), 7, NotInitialized],
    [
      'another version of the protocol',
      request(7, 'initialize', { protocolVersion: 999, client: { name: 'x', version: '0' } }),
      7,
      VersionMismatch,
    ],
    ['initialize without parameters', request(7, 'initialize'), 7, InvalidParams],
    ['a second initialize', hello + hello.replace('"id":1', '"id":7'), 7, InvalidRequest],
    ['an unknown method', hello + request(7, 'capture/rewind'), 7, MethodNotFound],
    [
      'a capture of a text',
      hello + request(7, 'capture/start', { pid: 'init', intervalMs: 100 }),
      7,
      InvalidParams,
    ],
    [
      'a capture at an interval of 1 ms',
      hello + request(7, 'capture/start', { pid: 1, intervalMs: 1 }),
      7,
      InvalidParams,
    ],
    [
      'a capture of a PID beyond any number',
      hello + request(7, 'capture/start', { pid: 2 ** 52, intervalMs: 100 }),
      7,
      InvalidParams,
    ],
    [
      'tables that fill all memory',
      hello + request(7, 'capture/start', { pid: 1, intervalMs: 100, limits: { blocks: 2 ** 40 } }),
      7,
      InvalidParams,
    ],
    [
      'the end of a capture that never began',
      hello + request(7, 'capture/stop', { captureId: 99 }),
      7,
      CaptureImpossible,
    ],
    ['a body that is not JSON', hello + frame('{"jsonrpc":'), null, ParseError],
    ['a body that is a text', hello + frame('"initialize"'), null, InvalidRequest],
    ['a body that is an array', hello + frame('[1,2]'), null, InvalidRequest],
    ['a request without a method', hello + frame('{"jsonrpc":"2.0","id":7}'), 7, InvalidRequest],
    ['deep nesting', hello + frame('['.repeat(100_000)), null, ParseError],
  ];

  for (const [what, bytes, id, code] of cases) {
    test(what, async () => {
      const conversation = await converse(bytes);
      assertClean(conversation);
      assert.equal(errorOf(conversation, id), code, JSON.stringify(conversation.replies));
    });
  }

  test('a body that is not UTF-8', async () => {
    const body = Buffer.from([0x22, 0xff, 0xc0, 0x22]);
    const conversation = await converse(hello, `Content-Length: ${body.length}\r\n\r\n`, body);
    assertClean(conversation);
    assert.equal(errorOf(conversation, null), ParseError);
  });

  test('a refused request does not disturb the next', async () => {
    const conversation = await converse(hello, request(2, 'nothing'), request(3, 'doctor', {}));
    assertClean(conversation);
    assert.equal(errorOf(conversation, 2), MethodNotFound);
    assert.ok(conversation.replies.some(({ id, result }) => id === 3 && result !== undefined));
  });
});

describe('streams that end the conversation', { concurrency: 2 }, () => {
  const cases: readonly [string, string][] = [
    ['nothing at all', ''],
    ['a message that is cut', hello.slice(0, -20)],
    ['a header that is cut', 'Content-Le'],
    ['a header without a length', 'Content-Type: text\r\n\r\n{}'],
    ['a negative length', 'Content-Length: -5\r\n\r\n{}'],
    ['a length beyond all memory', 'Content-Length: 99999999999999999999\r\n\r\n{}'],
    ['a length of 4 GB', 'Content-Length: 4294967296\r\n\r\n{}'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['a header without an end', `X: ${'x'.repeat(1_000_000)}`],
    ['no header', JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize' }) + '\r\n\r\n'],
    ['bytes of zero', '\0'.repeat(10_000)],
  ];
  for (const [what, bytes] of cases) {
    test(what, async () => {
      assertClean(await converse(bytes));
      assertClean(await converse(hello, bytes));
    });
  }

  test('valid messages with random bytes changed', async () => {
    const messages = [hello, request(2, 'process/list'), request(3, 'doctor', {})].join('');
    // A fixed sequence, so that a failure comes again.
    let state = 12345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 25; round++) {
      const bytes = Buffer.from(messages);
      for (let change = 0; change <= round % 6; change++) {
        bytes[random(bytes.length)] = random(256);
      }
      assertClean(await converse(bytes));
    }
  });

  test('messages that come byte by byte', async () => {
    const pieces = [...Buffer.from(hello)].map((byte) => Buffer.from([byte]));
    const conversation = await converse(...pieces);
    assertClean(conversation);
    assert.ok(conversation.replies.some(({ id, result }) => id === 1 && result !== undefined));
  });
});
