/** What is dismissed stays so, and what is stored may be anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Dismissals, type Memory } from './dismissals.ts';

function memory(value?: unknown): Memory {
  const store = new Map<string, unknown>([['leaklens.dismissed', value]]);
  return {
    get: (key) => store.get(key),
    update: (key, updated) => {
      store.set(key, structuredClone(updated));
      return Promise.resolve();
    },
  };
}
const entry = (fingerprint: string): { fingerprint: string; label: string; unixMs: number } => ({
  fingerprint,
  label: `${fingerprint}.cpp:1`,
  unixMs: 1,
});

test('a dismissal is remembered, announced, and can be taken back', async () => {
  const stored = memory();
  const dismissals = new Dismissals(stored);
  let changes = 0;
  dismissals.onDidChange(() => (changes += 1));
  await dismissals.add(entry('a'));
  await dismissals.add(entry('b'));
  const again = new Dismissals(stored);
  assert.deepEqual(
    again.all.map((it) => it.fingerprint),
    ['b', 'a'],
  );
  await again.remove(['b']);
  assert.equal(new Dismissals(stored).has('b'), false);
  assert.equal(new Dismissals(stored).has('a'), true);
  assert.equal(changes, 2);
});

test('the oldest give way', async () => {
  const dismissals = new Dismissals(memory());
  for (let at = 0; at <= 1000; at += 1) await dismissals.add(entry(`f${at}`));
  assert.equal(dismissals.has('f0'), false);
  assert.equal(dismissals.all.length, 1000);
});

test('whatever is stored, it starts', () => {
  fc.assert(fc.property(fc.anything(), (value) => new Dismissals(memory(value)).all.length >= 0));
});
