/**
 * The recorded conversations in samples/, which the agent's tests replay too, against the decoders:
 * what one side sends, the other must understand, and what one refuses, the other must never send.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { ErrorCode, errorData, notifications, PROTOCOL_VERSION, requests } from './agent.ts';

const directory = 'protocol/samples';
const INVALID_PARAMS = -32602;

const agentMessage = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.number(), z.string(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z
    .strictObject({ code: z.number().int(), message: z.string(), data: z.unknown().optional() })
    .optional(),
});
const clientRequest = z.looseObject({
  id: z.union([z.number(), z.string()]),
  method: z.string(),
  params: z.unknown().optional(),
});
const line = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('client'), message: z.unknown() }),
  z.strictObject({ from: z.literal('agent'), message: agentMessage }),
]);

function conversation(name: string): z.infer<typeof line>[] {
  return readFileSync(`${directory}/${name}`, 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => line.parse(JSON.parse(text)));
}

const conversations = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));

function isRequest(method: string): method is keyof typeof requests {
  return Object.hasOwn(requests, method);
}
function isNotification(method: string): method is keyof typeof notifications {
  return Object.hasOwn(notifications, method);
}

/** Decoding must lose nothing: a field that only one side knows is a drift of the two. */
function decodesWhole(schema: z.ZodType, value: unknown): void {
  assert.deepEqual(schema.parse(value), value);
}

for (const name of conversations) {
  test(`every line of ${name} is what the protocol says`, () => {
    const asked = new Map<unknown, z.infer<typeof clientRequest>>();
    for (const { from, message } of conversation(name)) {
      if (from === 'client') {
        const request = clientRequest.safeParse(message);
        if (request.success) asked.set(request.data.id, request.data);
        continue;
      }
      if (message.method !== undefined) {
        assert.ok(isNotification(message.method), message.method);
        decodesWhole(notifications[message.method], message.params);
        continue;
      }
      const request = asked.get(message.id);
      if (message.error !== undefined) {
        const { code, data } = message.error;
        if (code === ErrorCode.captureImpossible) decodesWhole(errorData, data);
        if (code === INVALID_PARAMS) {
          assert.ok(request !== undefined && isRequest(request.method));
          // What the agent takes for malformed, this side's decoder must refuse to send.
          assert.ok(!requests[request.method].params.safeParse(request.params).success);
        }
        continue;
      }
      assert.ok(request !== undefined && isRequest(request.method));
      decodesWhole(requests[request.method].params, request.params);
      decodesWhole(requests[request.method].result, message.result);
    }
  });
}

test('the samples show every request answered and every notification', () => {
  const seen = new Set<string>();
  for (const name of conversations) {
    const asked = new Map<unknown, string>();
    for (const { from, message } of conversation(name)) {
      if (from === 'client') {
        const request = clientRequest.safeParse(message);
        if (request.success) asked.set(request.data.id, request.data.method);
      } else if (message.method !== undefined) {
        seen.add(message.method);
      } else if (message.error === undefined) {
        seen.add(asked.get(message.id) ?? '');
      }
    }
  }
  const all = [...Object.keys(requests), ...Object.keys(notifications)];
  assert.deepEqual(
    all.filter((method) => !seen.has(method)),
    [],
  );
});

test('the samples speak this version, and refuse the others', () => {
  const versions = conversations.flatMap(conversation).flatMap(({ from, message }) => {
    if (from === 'client') return [];
    const answer = requests.initialize.result.safeParse(message.result);
    return answer.success ? [answer.data.protocolVersion] : [];
  });
  assert.ok(versions.length > 0);
  assert.ok(versions.every((version) => version === PROTOCOL_VERSION));
});

test('numbers that JSON cannot carry exactly, and negative counts, are refused', () => {
  const counters = notifications['capture/sample'].shape.counters;
  assert.ok(counters.safeParse([[0, 0, 1, 2, 3, 4]]).success);
  for (const wrong of [-1, 0.5, 2 ** 53, Number.NaN, '1', null]) {
    assert.ok(!counters.safeParse([[0, 0, 1, 2, 3, wrong]]).success, String(wrong));
  }
  assert.ok(!counters.safeParse([[0, 0, 1, 2, 3]]).success);
});
