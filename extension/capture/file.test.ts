import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { UserError } from '../errors.ts';
import type { Capture } from './capture.ts';
import { captureText, FILE_VERSION } from './document.ts';
import { loadCapture, saveCapture } from './file.ts';
import { exampleCapture, exampleSample } from './testing/example.ts';

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'leaklens-file-'));
  t.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Plain data, with every getter read. */
function plain(capture: Capture): unknown {
  return JSON.parse(JSON.stringify(capture));
}

async function refuses(file: string, expected: RegExp): Promise<void> {
  await assert.rejects(loadCapture(file), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.kind, 'captureFile');
    assert.match(error.message, expected);
    return true;
  });
}

test('what is saved is loaded again, compressed or not', async (t) => {
  const directory = temporaryDirectory(t);
  const capture = exampleCapture();
  for (const name of ['a.leaklens', 'a.json']) {
    const file = path.join(directory, name);
    await saveCapture(file, capture);
    const loaded = await loadCapture(file);
    assert.deepEqual(plain(loaded), plain(capture));
    assert.deepEqual(loaded.samples[3]?.counters, capture.samples[3]?.counters);
    assert.equal(loaded.stacks[1], undefined);
    assert.equal(loaded.end?.reason, 'stopped');
  }
  assert.deepEqual(
    [...readFileSync(path.join(directory, 'a.leaklens')).subarray(0, 2)],
    [0x1f, 0x8b],
  );
  assert.equal(readFileSync(path.join(directory, 'a.json'))[0], '{'.charCodeAt(0));
});

test('a document that another tool has laid out is read, too', async (t) => {
  const directory = temporaryDirectory(t);
  const capture = exampleCapture();
  const whole: unknown = JSON.parse([...captureText(capture)].join(''));
  for (const indent of [0, 2]) {
    const file = path.join(directory, `${indent}.json`);
    writeFileSync(file, JSON.stringify(whole, undefined, indent));
    assert.deepEqual(plain(await loadCapture(file)), plain(capture));
  }
});

test('a running capture has no end, before and after', async (t) => {
  const file = path.join(temporaryDirectory(t), 'running.json');
  await saveCapture(file, { ...exampleCapture(2), end: undefined });
  assert.equal((await loadCapture(file)).end, undefined);
});

test('the document is valid JSON that opens with its format and version', () => {
  const text = [...captureText(exampleCapture(3))].join('');
  assert.ok(text.startsWith(`{"format":"leaklens-capture","version":${FILE_VERSION},"capture":{`));
  assert.doesNotThrow(() => JSON.parse(text));
});

test('a failed save leaves the old file, and nothing beside it', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'kept.json');
  await saveCapture(file, exampleCapture(1));
  const before = readFileSync(file, 'utf8');
  const broken = exampleCapture(1);
  const poisoned: Capture = {
    ...broken,
    samples: [
      {
        ...exampleSample(0, []),
        get counters(): never {
          throw new Error('cannot be read');
        },
      },
    ],
  };
  await assert.rejects(saveCapture(file, poisoned), /cannot be saved.*cannot be read/);
  assert.equal(readFileSync(file, 'utf8'), before);
  assert.deepEqual(readdirSync(directory), ['kept.json']);
});

test('a save through a symbolic link keeps the link', async (t) => {
  const directory = temporaryDirectory(t);
  const link = path.join(directory, 'link.json');
  writeFileSync(path.join(directory, 'real.json'), '');
  symlinkSync('real.json', link);
  await saveCapture(link, exampleCapture(1));
  assert.deepEqual(readdirSync(directory).sort(), ['link.json', 'real.json']);
  assert.ok(statSync(path.join(directory, 'real.json')).size > 0);
});

test('a device is written to and not replaced', async () => {
  await saveCapture('/dev/null', exampleCapture(1));
  assert.ok(statSync('/dev/null').isCharacterDevice());
});

test('a place that cannot be written is named', async () => {
  await assert.rejects(saveCapture('/nonexistent/x.json', exampleCapture(1)), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /\/nonexistent\/x\.json.*ENOENT/);
    return true;
  });
});

test('every way of being no capture has its words', async (t) => {
  const directory = temporaryDirectory(t);
  const place = (name: string, content: string | Buffer): string => {
    const file = path.join(directory, name);
    writeFileSync(file, content);
    return file;
  };
  const whole = [...captureText(exampleCapture(5))].join('');
  const compressed = gzipSync(whole);
  await refuses(path.join(directory, 'absent'), /no such file/);
  await refuses(directory, /is a directory/);
  await refuses(place('empty', ''), /not JSON/);
  await refuses(place('cut', whole.slice(0, 2000)), /not JSON/);
  await refuses(place('short', whole.slice(0, -5)), /incomplete/);
  await refuses(place('shorter', whole.slice(0, -50)), /not JSON/);
  await refuses(place('cut.gz', compressed.subarray(0, 300)), /damaged or incomplete/);
  await refuses(
    place('flipped.gz', Buffer.concat([compressed.subarray(0, 99), Buffer.alloc(300)])),
    /damaged/,
  );
  await refuses(place('other', '{"format":"pprof"}'), /no saved capture/);
  await refuses(place('array', '[]'), /no saved capture/);
  await refuses(
    place('newer', `{"format":"leaklens-capture","version":${FILE_VERSION + 1},"capture":{}}`),
    /newer LeakLens: its version is 2, and this one reads up to 1/,
  );
  await refuses(
    place('hollow', `{"format":"leaklens-capture","version":1,"capture":{}}`),
    /is damaged: host/,
  );
  await refuses(place('sample', whole.replace('"timeNs":1000000000', '"timeNs":-1')), /timeNs/);
});

test('any damage is an error in words or a valid capture, never anything else', async (t) => {
  const file = path.join(temporaryDirectory(t), 'fuzzed.json');
  const whole = [...captureText(exampleCapture(2))].join('');
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.string({ maxLength: 3 }), async (at, text) => {
      writeFileSync(file, whole.slice(0, at) + text + whole.slice(at + 1));
      try {
        await loadCapture(file);
      } catch (error) {
        assert.ok(error instanceof UserError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});
