/** Ownership: order, late arrivals, and items that fail to end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DisposableList, Emitter } from './disposables.ts';

test('disposes in reverse order, once', () => {
  const order: string[] = [];
  const list = new DisposableList();
  list.add({ dispose: () => order.push('first') });
  list.add({ dispose: () => order.push('second') });
  list.dispose();
  list.dispose();
  assert.deepEqual(order, ['second', 'first']);
  assert.equal(list.size, 0);
});

test('what arrives late is disposed at once', () => {
  const list = new DisposableList();
  list.dispose();
  let ended = 0;
  list.add({ dispose: () => (ended += 1) });
  assert.equal(ended, 1);
});

test('an item that throws does not save the others, and is reported', () => {
  const list = new DisposableList();
  let ended = 0;
  list.add({ dispose: () => (ended += 1) });
  list.add({
    dispose: () => {
      throw new Error('stuck');
    },
  });
  assert.throws(() => {
    list.dispose();
  }, AggregateError);
  assert.equal(ended, 1);
});

test('a released item is disposed once', () => {
  const list = new DisposableList();
  let ended = 0;
  const item = list.add({ dispose: () => (ended += 1) });
  list.release(item);
  list.release(item);
  list.dispose();
  assert.equal(ended, 1);
});

test('a listener may unsubscribe while it is called, and none remains after dispose', () => {
  const emitter = new Emitter<number>();
  const seen: number[] = [];
  const once = emitter.event((value) => {
    seen.push(value);
    once.dispose();
  });
  emitter.event((value) => seen.push(value * 10));
  emitter.fire(1);
  emitter.fire(2);
  assert.deepEqual(seen, [1, 10, 20]);
  emitter.dispose();
  assert.equal(emitter.listeners, 0);
});
