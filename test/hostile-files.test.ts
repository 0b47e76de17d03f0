/**
 * Files in the target's mappings that are no valid ELF: truncated, with flipped bits, with tables
 * that refer to themselves. Such a module has no symbols, and nothing else changes. The parsers
 * themselves are run on such files with sanitizers by the agent's own tests and fuzzers; this is the
 * shipped agent, whose symbol reader lives in a sandbox that sanitizers do not fit into.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import {
  openAgent,
  placeOf,
  sampleWhere,
  stackTotals,
  startCapture,
} from './support/direct-capture.ts';
import { TargetProcess } from './support/target-process.ts';
import { target } from './support/targets.ts';

/** Offsets in an ELF64 header (elf(5)). */
const E_PHOFF = 32;
const E_SHOFF = 40;
const E_PHNUM = 56;
const E_SHNUM = 60;
const SECTION_HEADER_BYTES = 64;

/** Variants of a valid ELF file that are not, by name. */
function spoil(valid: Buffer): Map<string, Buffer> {
  const variants = new Map<string, Buffer>();
  const change = (name: string, edit: (bytes: Buffer) => void): void => {
    const bytes = Buffer.from(valid);
    edit(bytes);
    variants.set(name, bytes);
  };
  for (const size of [1, 63, 64, 100, 1000, valid.length >> 1, valid.length - 1]) {
    variants.set(`truncated to ${size}`, valid.subarray(0, size));
  }
  change('program headers beyond the end', (bytes) => {
    bytes.writeBigUInt64LE(2n ** 63n, E_PHOFF);
  });
  change('program headers that are the header itself', (bytes) => {
    bytes.writeBigUInt64LE(0n, E_PHOFF);
    bytes.writeUInt16LE(0xffff, E_PHNUM);
  });
  change('section headers that are the header itself', (bytes) => {
    bytes.writeBigUInt64LE(0n, E_SHOFF);
  });
  change('too many sections', (bytes) => {
    bytes.writeUInt16LE(0xffff, E_SHNUM);
  });
  const sections = Number(valid.readBigUInt64LE(E_SHOFF));
  const count = valid.readUInt16LE(E_SHNUM);
  change('every section the whole file', (bytes) => {
    for (let index = 1; index < count; index++) {
      const at = sections + index * SECTION_HEADER_BYTES;
      bytes.writeBigUInt64LE(0n, at + 24); // sh_offset
      bytes.writeBigUInt64LE(BigInt(bytes.length), at + 32); // sh_size
    }
  });
  change('every section linked to itself', (bytes) => {
    for (let index = 1; index < count; index++) {
      bytes.writeUInt32LE(index, sections + index * SECTION_HEADER_BYTES + 40); // sh_link
    }
  });
  // A fixed sequence of flipped bits, so that a failure comes again.
  let state = 4711;
  for (let round = 0; round < 40; round++) {
    change(`flipped bits ${round}`, (bytes) => {
      for (let flip = 0; flip < 200; flip++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const at = state % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (state >>> 29));
      }
    });
  }
  return variants;
}

test('files that are no valid ELF cost their own symbols and nothing else', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'leaklens-hostile-'));
  const plugin = path.join(path.dirname(target('dlopen_leak').program), 'dlopen_leak.plugin.so');
  const variants = spoil(await readFile(plugin));
  for (const [name, bytes] of variants) await writeFile(path.join(folder, name), bytes);
  const env = { HOSTILE_FOLDER: folder };
  const running = await TargetProcess.start(target('hostile_mappings'), { env });
  const agent = await openAgent();
  try {
    const session = await startCapture(agent, running.pid);
    const [line = ''] = target('hostile_mappings').marked;
    const resolved = (): boolean =>
      stackTotals(session.capture).some(({ frames }) => frames.map(placeOf).includes(line));
    await sampleWhere(session, ({ sequence }) => sequence > 10 && resolved());
    await session.stop();
    const leaking = stackTotals(session.capture).filter(({ frames }) =>
      frames.map(placeOf).includes(line),
    );
    assert.ok(leaking.length > 0);
    assert.ok(leaking.every(({ end }) => end === 'complete'));
    assert.equal(session.capture.end?.reason, 'stopped');
    const known = session.capture.modules.filter(({ path: file }) => file.startsWith(folder));
    assert.equal(known.length, variants.size);
    await running.stop();
  } finally {
    await agent.dispose();
    await running.kill();
    await rm(folder, { recursive: true });
  }
});
