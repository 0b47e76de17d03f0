/**
 * Verdicts on captures of real programs (targets/), recorded for a minute each with eBPF. The lines are
 * those at the time of the recording.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Capture } from '../capture/capture.ts';
import { loadCapture } from '../capture/file.ts';
import { analyze } from './analyze.ts';
import type { Report } from './report.ts';

const folder = fileURLToPath(new URL('recorded/', import.meta.url));

/** Leaking lines by program; every other recorded program is innocent. */
const leaks: Readonly<Record<string, readonly string[]>> = {
  detached_threads: ['detached_threads.cpp:36', 'detached_threads.cpp:43'],
  error_path_leak: ['error_path_leak.cpp:48'],
  exception_leak: ['exception_leak.cpp:44'],
  freed_at_exit: ['freed_at_exit.cpp:18'],
  getline_leak: ['getline_leak.c:21'],
  hot_path_one_percent: ['hot_path_one_percent.cpp:19'],
  inlined_leak: ['inlined_leak.cpp:22'],
  late_leak: ['late_leak.cpp:23'],
  listener_list: ['listener_list.cpp:23'],
  missing_virtual_destructor: ['missing_virtual_destructor.cpp:31'],
  mmap_leak: ['mmap_leak.cpp:25'],
  realloc_growth: ['realloc_growth.c:19'],
  shared_ptr_cycle: ['shared_ptr_cycle.cpp:29', 'shared_ptr_cycle.cpp:31'],
  static_library_leak: ['static_library_leak.codec.cpp:33'],
  static_program: ['static_program.cpp:19'],
  strdup_leak: ['strdup_leak.c:25'],
  tiny_leak_in_churn: ['tiny_leak_in_churn.cpp:22'],
  two_leaks: ['two_leaks.cpp:27', 'two_leaks.cpp:42'],
  vector_forever: ['vector_forever.cpp:21'],
};

/** A vector that doubles is seen to be filled only when it has doubled several times. */
const slow = ['vector_forever'];

function blamedLines(report: Report): string[] {
  const lines = report.sites
    .filter((site) => site.verdict === 'leak')
    .map((site) => `${site.blamed?.file?.split('/').at(-1) ?? '?'}:${site.blamed?.line ?? 0}`);
  return [...new Set(lines)].sort();
}

/** The capture as it was after so many seconds. */
function until(capture: Capture, seconds: number): Capture {
  return {
    ...capture,
    samples: capture.samples.filter((sample) => sample.timeNs <= seconds * 1e9 + 5e8),
  };
}

const names = readdirSync(folder)
  .map((file) => file.replace('.leaklens', ''))
  .sort();

describe('recorded programs', () => {
  it('are as many as there should be', () => {
    assert.ok(names.length >= 24);
    for (const name of Object.keys(leaks)) assert.ok(names.includes(name), name);
  });

  for (const name of names) {
    const expected = leaks[name] ?? [];
    it(`${name}: ${expected.length > 0 ? expected.join(', ') : 'innocent'}`, async () => {
      const capture = await loadCapture(`${folder}${name}.leaklens`);
      const report = analyze(capture);
      assert.deepEqual(blamedLines(report), expected);
      assert.equal(JSON.stringify(analyze(capture)), JSON.stringify(report));
      const early = blamedLines(analyze(until(capture, 20)));
      assert.deepEqual(early, slow.includes(name) ? [] : expected);
    });
  }

  it('say what holds a cache that is still filling, and what would tell', async () => {
    const report = analyze(await loadCapture(`${folder}lru_filling.leaklens`));
    const growing = report.sites.filter((site) => site.verdict === 'growing');
    assert.ok(growing.length >= 3);
    const held = growing.filter((site) => /container.*capture until/.test(site.explanation));
    assert.ok(held.length >= 2, growing.map((site) => site.explanation).join('\n'));
  });

  it('say where the siblings of leaking blocks are freed', async () => {
    const report = analyze(await loadCapture(`${folder}error_path_leak.leaklens`));
    const [site] = report.sites;
    assert.equal(site?.freedAt[0]?.frame?.line, 55);
    assert.ok((site.residue?.share ?? 0) > 0.2 && (site.residue?.share ?? 1) < 0.3);
  });
});
