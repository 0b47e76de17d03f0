import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import type { Message } from 'vscode-jsonrpc/node';
import { MAX_MESSAGE_BYTES, QuietMessageWriter, StrictMessageReader } from './framing.ts';

interface Heard {
  readonly stream: PassThrough;
  readonly reader: StrictMessageReader;
  readonly messages: Message[];
  readonly errors: string[];
}

/** @param handle whether each message counts as handled at once */
function listen(limit?: number, handle = true): Heard {
  const stream = new PassThrough();
  const reader = new StrictMessageReader(stream, limit);
  const messages: Message[] = [];
  const errors: string[] = [];
  reader.onError((error) => errors.push(error.message));
  reader.listen((message) => {
    messages.push(message);
    if (handle) reader.handled();
  });
  return { stream, reader, messages, errors };
}

const framed = (body: string): string =>
  `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test('messages arrive whole, in order, however the stream is cut', async () => {
  const bodies = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(bodies, fc.array(fc.nat(), { maxLength: 10 }), async (values, cuts) => {
      const sent = values.map((params) => ({ jsonrpc: '2.0', method: 'm', params }));
      const bytes = Buffer.from(sent.map((message) => framed(JSON.stringify(message))).join(''));
      const places = cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b);
      const { stream, messages, errors } = listen();
      let start = 0;
      for (const place of [...places, bytes.length]) {
        stream.write(bytes.subarray(start, place));
        start = place;
        await turn();
      }
      assert.deepEqual(errors, []);
      assert.deepEqual(messages, JSON.parse(JSON.stringify(sent)));
    }),
    { numRuns: 50 },
  );
});

test('what the writer writes, the reader reads', async () => {
  const { stream, messages } = listen();
  const message = {
    jsonrpc: '2.0',
    id: 1,
    method: 'ünïcode',
    params: { text: '\u{1f4a7}\r\n\r\n' },
  };
  await new QuietMessageWriter(stream).write(message);
  assert.deepEqual(messages, [message]);
});

test('a broken stream is reported by the writer and does not reject', async () => {
  const stream = new PassThrough();
  const writer = new QuietMessageWriter(stream);
  const errors: unknown[] = [];
  writer.onError((error) => errors.push(error));
  stream.destroy();
  await writer.write({ jsonrpc: '2.0' });
});

const nonsense: readonly (readonly [name: string, bytes: string, error: RegExp])[] = [
  ['plain text', 'Welcome!\r\n', /not a message header: "Welcome!/],
  ['a header that never ends', `Content-Type: ${'x'.repeat(600)}`, /without an end/],
  ['no length', 'Content-Type: json\r\n\r\n{}', /without a length/],
  ['a negative length', 'Content-Length: -5\r\n\r\n{}', /without a length/],
  ['a length beyond the limit', `Content-Length: ${MAX_MESSAGE_BYTES + 1}\r\n\r\n`, /the limit is/],
  ['a body that is no JSON', framed('{"jsonrpc":'), /not JSON/],
  ['a body that is no message', framed('[1,2]'), /not JSON-RPC/],
  ['another version of JSON-RPC', framed('{"method":"a"}'), /not JSON-RPC/],
  ['neither method nor id', framed('{"jsonrpc":"2.0","result":1}'), /not JSON-RPC/],
];
for (const [name, bytes, expected] of nonsense) {
  test(`refused once, with nothing read after it: ${name}`, async () => {
    const { stream, messages, errors } = listen();
    stream.write(bytes);
    await turn();
    stream.write(framed('{"jsonrpc":"2.0","method":"a"}'));
    await turn();
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? '', expected);
    assert.deepEqual(messages, []);
  });
}

test('any bytes end in messages or in one error, never in an exception', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const { stream, errors } = listen(1000);
      stream.write(bytes);
      await turn();
      assert.ok(errors.length <= 1);
    }),
    { numRuns: 200 },
  );
});

test('the close is heard after the last message was handled', async () => {
  const { stream, reader, messages } = listen(undefined, false);
  let closed = false;
  reader.onClose(() => {
    closed = true;
  });
  stream.end(framed('{"jsonrpc":"2.0","method":"last"}'));
  await turn();
  await turn();
  assert.equal(messages.length, 1);
  assert.ok(!closed);
  reader.handled();
  assert.ok(closed);
});

test('an error is heard after the messages before it were handled', async () => {
  const { stream, reader, errors } = listen(undefined, false);
  stream.write(`${framed('{"jsonrpc":"2.0","method":"last"}')}garbage`);
  await turn();
  assert.deepEqual(errors, []);
  reader.handled();
  assert.equal(errors.length, 1);
});
