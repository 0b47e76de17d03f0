/** What the editor says about a site, word by word, and that hostile names stay harmless. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameSample, reportSample, siteSample, stackSample } from '../testing/samples.ts';
import { explanationMarkdown } from './explanation.ts';
import { framePlace, type HoverLinks, hoverMarkdown } from './hoverText.ts';
import { endOfLineText, lensTitle, passes, problemMessage } from './markText.ts';

const links: HoverLinks = {
  frame: (frame) => (frame.file === undefined ? undefined : `command:open?${frame.line ?? 0}`),
  chart: 'command:chart',
  dismiss: 'command:dismiss',
};
const all = { growing: true, minimumConfidence: 0, minimumBytesPerMinute: 0 };

test('end of line', () => {
  assert.equal(endOfLineText(siteSample(), 0), 'leak +1.2 MB/min · 4,312 alive · 98%');
  assert.equal(
    endOfLineText(siteSample(), 2),
    'leak +1.2 MB/min · 4,312 alive · 98% · 2 more here',
  );
});

test('code lens', () => {
  assert.equal(lensTitle(siteSample(), 120e9), 'Leak: 12.3 MB in 2 min');
  assert.equal(lensTitle(siteSample({ verdict: 'growing' }), 45e9), 'Growing: 12.3 MB in 45 s');
});

test('Problems entry', () => {
  assert.equal(
    problemMessage(siteSample(), 'server', false),
    'Memory leak in server: 12.3 MB in 4,312 blocks allocated here and not freed (+1.2 MB/min, 98% sure). Nothing that was allocated here was freed.',
  );
  assert.match(problemMessage(siteSample(), 'server', true), /newer than the binary/);
});

test('only what passes the thresholds is marked', () => {
  assert.ok(passes(siteSample(), all));
  assert.ok(!passes(siteSample({ verdict: 'cache' }), all));
  assert.ok(passes(siteSample({ verdict: 'growing' }), all));
  assert.ok(!passes(siteSample({ verdict: 'growing' }), { ...all, growing: false }));
  assert.ok(!passes(siteSample(), { ...all, minimumConfidence: 0.99 }));
  assert.ok(!passes(siteSample(), { ...all, minimumBytesPerMinute: 1_200_001 }));
});

test('the hover has numbers, picture, stack and links', () => {
  const text = hoverMarkdown(siteSample(), 'server', true, true, links);
  assert.match(text, /^\*\*Memory leak\*\* in server, 98% sure\n/);
  assert.match(text, /\| Growth \| \+1\.2 MB\/min \(95%: \+1\.14 MB\/min to \+1\.26 MB\/min\) \|/);
  assert.match(text, /!\[Outstanding bytes over time\]\(data:image\/svg\+xml;base64,/);
  assert.match(text, /1\. \[open\\_session\]\(command:open\?31\) server\\\.cpp\\:31\n/);
  assert.match(text, /\$\(warning\) The source is newer/);
  assert.match(text, /\]\(command:chart\).*\]\(command:dismiss\)$/);
});

test('the hover says where the siblings are freed, and repeats no explanation', () => {
  const site = siteSample({
    freedAt: [{ frame: frameSample({ function: 'release()', line: 88 }), blocks: 97, share: 0.97 }],
    through: frameSample({ function: 'fail()', line: 41 }),
  });
  const text = hoverMarkdown(site, 'server', false, false, links);
  assert.match(text, /\| Siblings freed \| 97% in release server\\\.cpp\\:88 \|/);
  assert.match(text, /\| Leaks through \| fail server\\\.cpp\\:41 \|/);
  assert.doesNotMatch(text, /Nothing that was allocated/);
});

test('a long stack is cut, and says so', () => {
  const frames = Array.from({ length: 64 }, (_, line) => frameSample({ line }));
  const site = siteSample({ stacks: [stackSample({ frames, end: 'truncated' }), stackSample()] });
  const text = hoverMarkdown(site, 'server', false, true, links);
  assert.equal(text.match(/^1\. /gm)?.length, 12);
  assert.match(text, /_52 more callers; 1 more call stacks reach this line; the outermost/);
});

test('names of the target become neither links nor tags', () => {
  const hostile = '](command:evil) <img src=x onerror=1> $(alert)\n# heading';
  const frame = frameSample({ function: hostile, file: `/w/${hostile}`, line: 1 });
  const site = siteSample({
    explanation: hostile,
    blamed: frame,
    stacks: [stackSample({ frames: [frame] })],
  });
  const report = reportSample({ lossNotes: [hostile] });
  for (const text of [
    hoverMarkdown(site, hostile, false, true, links),
    explanationMarkdown(site, report, hostile),
  ]) {
    assert.doesNotMatch(text, /(?<!\\)\]\(command(?!:(open|chart|dismiss))/);
    assert.doesNotMatch(text, /<img|(?<!\\)\$\(alert|\n# heading/);
  }
});

test('the explanation holds the numbers that the verdict rests on', () => {
  const text = explanationMarkdown(siteSample(), reportSample(), 'server');
  assert.match(text, /^# leak at open\\_session, server\\\.cpp\\:31\n/);
  assert.match(text, /\| Straight line \(R²\) \| 99% \|/);
  assert.match(text, /## What to do/);
});

test('a frame without source is named by its module', () => {
  assert.equal(framePlace(frameSample()), 'server.cpp:31');
  const unknown = { function: '', inlined: false, module: '/lib/libz.so.1', address: '0x1' };
  assert.equal(framePlace({ ...unknown, owned: false }), 'libz.so.1');
});
