/** What a running capture leaves on a terminal and in a log, seen through a small terminal. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { Sample } from '../capture/capture.ts';
import { exampleCapture } from '../capture/testing/example.ts';
import { Channel } from './console.ts';
import { Judge } from './judge.ts';
import { createProgress, type Progress } from './progress.ts';

/** A terminal that knows what the live table uses: line feeds, moves up, and clearing. */
class Screen {
  readonly lines: string[] = [''];
  #row = 0;

  feed(text: string): void {
    // One visible mark stands for the start of each escape sequence.
    const visible = text.replaceAll('\u001b[', '\u241b');
    for (const [token] of visible.matchAll(/\u241b[?\d]*[A-Za-z]|[\r\n]|[^\u241b\r\n]+/g)) {
      this.#take(token);
    }
  }

  #take(token: string): void {
    const up = /^\u241b(\d+)A$/.exec(token)?.[1];
    if (up !== undefined) {
      assert.ok(Number(up) <= this.#row, 'the cursor leaves the screen');
      this.#row -= Number(up);
    } else if (token === '\n') {
      this.#row += 1;
      if (this.#row === this.lines.length) this.lines.push('');
    } else if (token === '\u241b2K') {
      this.lines[this.#row] = '';
    } else if (token === '\u241bJ') {
      this.lines.length = this.#row + 1;
      this.lines[this.#row] = '';
    } else if (!/^(?:\r|\u241b\?7[lh]|\u241b\d*m)$/.test(token)) {
      this.lines[this.#row] = `${this.lines[this.#row] ?? ''}${token}`;
    }
  }

  get text(): string {
    return this.lines.join('\n').trimEnd();
  }
}

interface Scene {
  readonly screen: Screen;
  readonly progress: Progress;
  /** Lets so many further samples come. */
  readonly grow: (count: number) => void;
}

function begin(t: TestContext, isTTY: boolean): Scene {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 30 });
  const screen = new Screen();
  stream.setEncoding('utf8').on('data', (text: string) => {
    screen.feed(text);
  });
  const whole = exampleCapture(20);
  const samples: Sample[] = [];
  const capture = { ...whole, samples, end: undefined };
  const progress = createProgress(capture, new Channel(stream), {
    durationMs: 20_000,
    cwd: '/home/alice/server',
    judge: new Judge(capture),
  });
  t.after(() => {
    progress.close();
  });
  return {
    screen,
    progress,
    grow: (count) => {
      for (const sample of whole.samples.slice(samples.length, samples.length + count)) {
        samples.push(sample);
        progress.update();
      }
    },
  };
}

test('on a terminal one table is drawn over the other', (t) => {
  const { screen, progress, grow } = begin(t, true);
  assert.match(screen.text, /^LeakLens {2}server \(PID 4711\)[^]*Waiting/);
  grow(3);
  grow(12);
  assert.equal(screen.text.split('LeakLens').length, 2);
  assert.match(screen.text, /leak {5}[▁-█]+ +384 kB +1,500 +\+25\.6 kB\/s {2}make\.cpp:12 {2}make/);
  progress.stopping();
  assert.match(screen.text, /Ctrl-C again gives up/);
});

test('what is said stays above the table, and the end leaves nothing else', (t) => {
  const { screen, progress, grow } = begin(t, true);
  grow(5);
  progress.say('hello\n');
  grow(5);
  progress.say('world\n');
  assert.match(screen.text, /^hello\nworld\nLeakLens/);
  progress.close();
  assert.equal(screen.text, 'hello\nworld');
  progress.update();
  progress.say('late\n');
  assert.equal(screen.text, 'hello\nworld');
});

test('in a log there is a line now and then, with the site that matters most', (t) => {
  const { screen, progress, grow } = begin(t, false);
  grow(20);
  progress.stopping();
  const lines = screen.text.split('\n');
  assert.match(lines[0] ?? '', /^Tracing server \(PID 4711\) for 20 s/);
  assert.ok(lines.length >= 8 && lines.length <= 16, screen.text);
  assert.match(screen.text, /\n15 s: \+384 kB traced; leak: make\.cpp:12 \+25\.6 kB\/s\n/);
});
