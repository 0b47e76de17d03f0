import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBlocks, formatChange, formatPlace, formatTick, formatVelocity } from './format.ts';

test('figures are worded for people, in SI units', () => {
  assert.equal(formatVelocity(1_200_000), '1.2 MB/s');
  assert.equal(formatChange(1_200_000), '+1.2 MB');
  assert.equal(formatChange(-3000), '−3 kB');
  assert.equal(formatChange(0), '0 B');
  assert.equal(formatBlocks(1), '1 block');
  assert.equal(formatBlocks(4312), '4,312 blocks');
});

test('a place is the file and the line, as far as they are known', () => {
  assert.equal(formatPlace('/w/src/server.cpp', 88), 'server.cpp:88');
  assert.equal(formatPlace('/w/src/server.cpp', null), 'server.cpp');
  assert.equal(formatPlace(null, 88), '');
});

test('marks of the time axis are clock times, and parts of seconds where they must be', () => {
  assert.equal(formatTick(90), '1:30');
  assert.equal(formatTick(3600), '1:00:00');
  assert.equal(formatTick(0.5), '0.5 s');
});
