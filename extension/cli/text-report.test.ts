import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Report, Site } from '../analysis/report.ts';
import { exampleCapture } from '../capture/testing/example.ts';
import { exampleReport, frames } from '../export/testing/example-report.ts';
import { coloured, uncoloured } from './style.ts';
import { textReport, type TextOptions } from './text-report.ts';

const options: TextOptions = { cwd: '/home/alice/server', style: uncoloured, columns: undefined };

function exampleLeak(): Site {
  const [leak] = exampleReport().sites;
  assert.ok(leak !== undefined);
  return leak;
}

test('the whole report, as it is read', () => {
  const expected = `
LeakLens: server (PID 4711) on testhost, 20 s, 20 samples

LEAK  src/session.cpp:12 in Session::make
  +25.6 kB/s, 512 kB in 2,000 blocks, confidence 98%
  None of 2,000 blocks was freed in 20 s.
  ▁▃▆█  95% between +25.0 kB/s and +26.2 kB/s, R² 0.999
  2,000 allocations, 0 frees, 100% still alive
  Those that stay come through src/main.cpp:40
  The others are freed at src/main.cpp:50 (97%), in main

  Call stack, 500 kB in 1,950 blocks:
    #0  libstdc++.so.6.0.30  operator new(unsigned long)
  > #1  src/session.cpp:12   Session::make(int) (inlined)
    #2  src/main.cpp:40      handle(Request const&)
    #3  src/main.cpp:50      main

  Call stack, 12.0 kB in 50 blocks:
    #0  libstdc++.so.6.0.30  operator new(unsigned long)
  > #1  src/session.cpp:12   Session::make(int) (inlined)
    #2  plugin.so            0x7f0000002000
    (frames towards main are missing)

Other sites:
  steady            operator new in libstdc++.so.6.0.30  0 B/s, 64 B in 1 block
    All blocks were freed again.

Memory:  The process grew by 520 kB.
Cost:    0.19% of a core in the target, 0.10% in the agent, 42,000 probe hits
Stacks:  100, 98% complete
Losses:  3 stacks were cut.

Leaking line: src/session.cpp:12 in Session::make
`;
  const lines = textReport(exampleCapture(), exampleReport(), options);
  assert.equal(`\n${lines.join('\n')}\n`, expected);
});

test('without a leak the last line says so, and without evidence that too', () => {
  const [, steady] = exampleReport().sites;
  assert.ok(steady !== undefined);
  const last = (report: Report): string | undefined =>
    textReport(exampleCapture(), report, options).at(-1);
  assert.equal(last({ ...exampleReport(), sites: [steady] }), 'No leak found among 1 site.');
  assert.match(
    last({ ...exampleReport(), sites: [{ ...steady, verdict: 'insufficient data' }] }) ?? '',
    /not enough evidence/,
  );
  assert.equal(last({ ...exampleReport(), sites: [] }), 'No leak found among 0 sites.');
});

test('an early end, partial data and the time that is left are said', () => {
  const capture = { ...exampleCapture(), end: { reason: 'exited', detail: 'It ended.' } as const };
  const exhaustion = {
    bytesPerSecond: 1,
    limitBytes: 1,
    secondsLeft: 60,
    explanation: 'Memory runs out in a minute.',
  };
  const text = textReport(capture, { ...exampleReport(), partial: true, exhaustion }, options);
  assert.ok(text.includes('The capture ended early: It ended.'));
  assert.ok(text.some((line) => line.includes('partial data')));
  assert.ok(text.some((line) => line.includes('runs out in a minute')));
});

test('sentences are broken to fit a terminal, and never within a word', () => {
  const explanation = 'word '.repeat(60).trim();
  const report = { ...exampleReport(), sites: [{ ...exampleLeak(), explanation }] };
  const lines = textReport(exampleCapture(), report, { ...options, columns: 60 });
  const sentence = lines.filter((line) => line.includes('word'));
  assert.ok(sentence.length > 4);
  assert.ok(sentence.every((line) => line.length <= 60 && /^ {2}word( word)*$/.test(line)));
});

test('what a target calls itself and its symbols cannot reach the terminal as commands', () => {
  const evil = '\x1b[2J\x1b]0;owned\x07\u202e\r\n\u009b31mname';
  const capture = exampleCapture();
  const hostile = {
    ...capture,
    host: { ...capture.host, hostname: evil },
    start: { ...capture.start, process: { ...capture.start.process, name: evil } },
    end: { reason: 'failed', detail: evil } as const,
  };
  const frame = { ...frames.make, function: evil, file: `/tmp/${evil}`, module: evil };
  const site: Site = {
    ...exampleLeak(),
    blamed: frame,
    through: frame,
    freedAt: [{ frame, blocks: 1, share: 1 }],
    explanation: evil,
    stacks: exampleLeak().stacks.map((stack) => ({ ...stack, frames: [frame, frames.main] })),
  };
  const report: Report = {
    ...exampleReport(),
    sites: [site, { ...site, verdict: 'growing', blamed: undefined }],
    lossNotes: [evil],
    balance: { ...exampleReport().balance, explanation: evil },
  };
  for (const line of textReport(hostile, report, options)) {
    // eslint-disable-next-line no-control-regex -- control characters are what must be absent
    assert.doesNotMatch(line, /[\0-\x1f\x7f-\x9f\u202a-\u202e]/, JSON.stringify(line));
  }
});

test('the standard library is named as it is written in sources', () => {
  const name =
    'store(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > const&, ' +
    'std::vector<std::pair<int, int>, std::allocator<std::pair<int, int> > >&)';
  const frame = { ...frames.make, function: name };
  const report: Report = {
    ...exampleReport(),
    sites: [{ ...exampleLeak(), stacks: [{ ...stackOf(exampleLeak()), frames: [frame] }] }],
  };
  const text = textReport(exampleCapture(), report, options).join('\n');
  assert.match(text, /store\(std::string const&, std::vector<std::pair<int, int>>&\)/);
});

function stackOf(site: Site): Site['stacks'][number] {
  const [stack] = site.stacks;
  assert.ok(stack !== undefined);
  return stack;
}

test('a library is shown by its first and its last function', () => {
  const inside = Array.from({ length: 6 }, (_, index) => ({
    ...frames.operatorNew,
    function: `std::detail${index}()`,
  }));
  const stack = { ...stackOf(exampleLeak()), frames: [...inside, frames.make, frames.main] };
  const report: Report = { ...exampleReport(), sites: [{ ...exampleLeak(), stacks: [stack] }] };
  const lines = textReport(exampleCapture(), report, options);
  const start = lines.findIndex((line) => line.includes('Call stack'));
  assert.deepEqual(lines.slice(start + 1, start + 6), [
    '    #0  libstdc++.so.6.0.30  std::detail0()',
    '        … 4 frames inside the library',
    '    #5  libstdc++.so.6.0.30  std::detail5()',
    '  > #6  src/session.cpp:12   Session::make(int) (inlined)',
    '    #7  src/main.cpp:50      main',
  ]);
});

test('colours change nothing but colours', () => {
  const plain = textReport(exampleCapture(), exampleReport(), options);
  const colour = textReport(exampleCapture(), exampleReport(), { ...options, style: coloured });
  assert.deepEqual(colour.map(stripVTControlCharacters), plain);
  assert.notDeepEqual(colour, plain);
});
