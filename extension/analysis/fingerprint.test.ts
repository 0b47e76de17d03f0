import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fingerprint, fnv1a64, identity } from './fingerprint.ts';
import type { StackFrame } from './report.ts';

/** The definition, in big integers. */
function reference(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text, 'utf16le')) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash.toString(16).padStart(16, '0');
}

const frame = (name: string, line: number, file = '/src/session.cpp'): StackFrame => ({
  function: name,
  file,
  line,
  inlined: false,
  module: '/home/user/server',
  address: '0x1234',
  owned: true,
});

describe('fingerprint', () => {
  it('is FNV-1a', () => {
    assert.equal(fnv1a64(''), 'cbf29ce484222325');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(fnv1a64(text), reference(text));
      }),
    );
  });

  it('does not change with lines, addresses, folders, clones and lambda numbers', () => {
    const before = identity('heap', [frame('open(int) [clone .isra.0]', 10)], 0);
    const moved = { ...frame('open(int)', 99, '/other/session.cpp'), address: '0x9' };
    assert.equal(before, identity('heap', [moved], 0));
    assert.equal(
      identity('heap', [frame('run()::{lambda(int)#1}::operator()', 1)], 0),
      identity('heap', [frame('run()::{lambda(int)#2}::operator()', 1)], 0),
    );
  });

  it('tells functions, kinds, and places within one function apart', () => {
    const one = identity('heap', [frame('open(int)', 10)], 0);
    assert.notEqual(one, identity('heap', [frame('close(int)', 10)], 0));
    assert.notEqual(one, identity('mapping', [frame('open(int)', 10)], 0));
    assert.notEqual(fingerprint(one, 0), fingerprint(one, 1));
  });
});
