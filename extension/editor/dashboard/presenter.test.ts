import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toView, type ToView, type ViewState } from '../../../protocol/view.ts';
import { applyUpdate } from '../../../protocol/viewUpdate.ts';
import { sampleCapture } from '../../../test/webview/sampleCapture.ts';
import { analyze } from '../../analysis/analyze.ts';
import type { Capture } from '../../capture/capture.ts';
import { captureSample, frameSample, reportSample, siteSample } from '../testing/samples.ts';
import { DashboardPresenter } from './presenter.ts';
import type { Subject } from './viewModel.ts';

const SECOND = 1_000_000_000;

/** The page's end: decodes what comes, as the page does, and keeps the state. */
class Page {
  readonly types: string[] = [];
  private latest: ViewState | undefined;

  get state(): ViewState {
    assert.ok(this.latest !== undefined);
    return this.latest;
  }

  readonly take = (message: ToView): void => {
    // What the editor carries is JSON.
    const decoded = toView.parse(JSON.parse(JSON.stringify(message)));
    this.types.push(decoded.type);
    this.latest =
      decoded.type === 'state' ? decoded.state : applyUpdate(this.state, decoded.update);
    assert.ok(this.latest !== undefined, 'an update did not fit');
  };
}

function subjectOf(capture: Capture): Subject {
  return { capture, report: analyze(capture), file: undefined, live: capture.end === undefined };
}

/** The capture as it was after so many samples. */
function until(capture: Capture, samples: number): Capture {
  return { ...capture, samples: capture.samples.slice(0, samples) };
}

test('a page that says ready gets everything, and before that nothing', () => {
  const page = new Page();
  const presenter = new DashboardPresenter(page.take);
  presenter.show(subjectOf(sampleCapture({ seconds: 30 })));
  assert.deepEqual(page.types, []);
  presenter.receive({ type: 'ready', choice: null });
  assert.deepEqual(page.types, ['state']);
  assert.equal(page.state.header?.target, 'relayd');
  assert.equal(page.state.header.phase, 'running');
  assert.equal(page.state.rows.length, 6);
});

test('increments bring the page to the state that a new page would get', () => {
  const whole = sampleCapture({ seconds: 700, sites: 30 });
  const page = new Page();
  const presenter = new DashboardPresenter(page.take);
  presenter.receive({ type: 'ready', choice: null });
  assert.equal(page.state.header, null);
  for (const samples of [0, 1, 2, 60, 599, 602, 700]) {
    presenter.show(subjectOf(until(whole, samples)));
    if (samples === 60) presenter.receive({ type: 'select', site: 3 });
    if (samples === 602) {
      presenter.receive({ type: 'window', fromNs: 100 * SECOND, toNs: 300 * SECOND });
      assert.deepEqual(page.state.window?.toNs, 300 * SECOND);
    }
    const fresh = new Page();
    const again = new DashboardPresenter(fresh.take);
    again.show(subjectOf(until(whole, samples)));
    const { window, detail } = page.state;
    again.receive({
      type: 'ready',
      choice: {
        pid: whole.start.process.pid,
        startedUnixMs: whole.start.startedUnixMs,
        site: detail?.id ?? null,
        window: window === null ? null : { fromNs: window.fromNs, toNs: window.toNs },
      },
    });
    const shown = (state: ViewState): unknown => ({
      ...state,
      revision: 0,
      // Paths are numbered in the order in which they were first seen, and equals drawn in that.
      flame: state.flame?.nodes.map((it) => JSON.stringify([it.frame, it.bytes])).sort(),
    });
    assert.deepEqual(shown(page.state), shown(fresh.state));
  }
  assert.ok(page.types.filter((it) => it === 'update').length >= 6);
});

test('while it is hidden nothing is sent; shown again without a reload it catches up', () => {
  const whole = sampleCapture({ seconds: 40 });
  const page = new Page();
  const presenter = new DashboardPresenter(page.take);
  presenter.show(subjectOf(until(whole, 20)));
  presenter.receive({ type: 'ready', choice: null });
  presenter.setVisible(false);
  presenter.show(subjectOf(until(whole, 30)));
  presenter.show(subjectOf(whole));
  assert.deepEqual(page.types, ['state']);
  presenter.setVisible(true);
  assert.deepEqual(page.types, ['state', 'update']);
  assert.equal(page.state.header?.samples, 40);
});

test('nothing new is not sent', () => {
  const page = new Page();
  const presenter = new DashboardPresenter(page.take);
  const subject = subjectOf(sampleCapture({ seconds: 30 }));
  presenter.show(subject);
  presenter.receive({ type: 'ready', choice: null });
  presenter.show({ ...subject });
  presenter.receive({ type: 'clearWindow' });
  assert.deepEqual(page.types, ['state']);
});

test('what a page remembers counts for its own capture only, and not against a choice here', () => {
  const subject = subjectOf(sampleCapture({ seconds: 60 }));
  const { process, startedUnixMs } = subject.capture.start;
  const choice = {
    pid: process.pid,
    startedUnixMs,
    site: 2,
    window: { fromNs: 10 * SECOND, toNs: 20 * SECOND },
  };
  const late = new Page();
  const presenter = new DashboardPresenter(late.take);
  presenter.receive({ type: 'ready', choice });
  presenter.show(subject);
  assert.equal(late.state.detail?.id, 2);
  assert.equal(late.state.window?.fromNs, 10 * SECOND);

  const other = new Page();
  const stranger = new DashboardPresenter(other.take);
  stranger.show(subject);
  stranger.receive({ type: 'ready', choice: { ...choice, pid: 1 } });
  assert.equal(other.state.detail, null);

  const chosen = new Page();
  const chooser = new DashboardPresenter(chosen.take);
  chooser.show(subject);
  chooser.select(subject.report.sites.find((it) => it.stacks[0]?.stack === 4));
  chooser.receive({ type: 'ready', choice });
  assert.equal(chosen.state.detail?.id, 4);
});

test('another capture begins without selection and window', () => {
  const page = new Page();
  const presenter = new DashboardPresenter(page.take);
  const capture = sampleCapture({ seconds: 60 });
  presenter.show(subjectOf(capture));
  presenter.receive({ type: 'ready', choice: null });
  presenter.receive({ type: 'select', site: 1 });
  presenter.receive({ type: 'window', fromNs: 10 * SECOND, toNs: 20 * SECOND });
  presenter.show(
    subjectOf({
      ...capture,
      start: { ...capture.start, startedUnixMs: capture.start.startedUnixMs + 1 },
    }),
  );
  assert.equal(page.state.detail, null);
  assert.equal(page.state.window, null);
  presenter.show(undefined);
  assert.equal(page.state.header, null);
});

test('what the page wants of the editor comes out, and only what the capture names', () => {
  const through = frameSample({ function: 'retry()' });
  const freed = frameSample({ function: 'close()' });
  const site = siteSample({ through, freedAt: [{ frame: freed, blocks: 9, share: 1 }] });
  const [stack] = site.stacks;
  assert.ok(stack !== undefined);
  const presenter = new DashboardPresenter(() => undefined);
  const report = reportSample({ sites: [site] });
  presenter.show({ capture: captureSample(), report, file: 'a.leaklens', live: false });
  const id = stack.stack;
  const open = (frame: unknown): unknown => ({ type: 'open', frame });
  assert.deepEqual(presenter.receive({ type: 'openSite', site: id }), open(site.blamed));
  assert.deepEqual(
    presenter.receive({ type: 'openFrame', stack: id, frame: 0 }),
    open(stack.frames[0]),
  );
  assert.deepEqual(presenter.receive({ type: 'openThrough', site: id }), open(through));
  assert.deepEqual(presenter.receive({ type: 'openFreed', site: id, at: 0 }), open(freed));
  assert.deepEqual(presenter.receive({ type: 'select', site: id }), { type: 'selected', site });
  assert.deepEqual(presenter.receive({ type: 'command', command: 'stopCapture' }), {
    type: 'command',
    command: 'stopCapture',
  });
  assert.equal(presenter.receive({ type: 'openFrame', stack: id, frame: 99 }), undefined);
  assert.equal(presenter.receive({ type: 'openFrame', stack: 999, frame: 0 }), undefined);
  assert.equal(presenter.receive({ type: 'openSite', site: 999 }), undefined);
  assert.equal(presenter.receive({ type: 'openFreed', site: id, at: 7 }), undefined);
});

test('a saved file, a recording that breaks off, and a capture without samples say so', () => {
  const page = new Page();
  const presenter = new DashboardPresenter(page.take);
  presenter.receive({ type: 'ready', choice: null });
  const started = sampleCapture({ seconds: 0 });
  presenter.show(subjectOf(started));
  assert.equal(page.state.header?.phase, 'starting');
  assert.equal(page.state.summary?.cost, null);
  const torn = sampleCapture({ seconds: 9 });
  presenter.show({ ...subjectOf(torn), live: false, file: 'torn.leaklens' });
  assert.equal(page.state.header.phase, 'ended');
  assert.match(page.state.header.end ?? '', /breaks off/);
  assert.equal(page.state.header.file, 'torn.leaklens');
});

test('hostile names reach the page as plain text, clipped', () => {
  const page = new Page();
  const presenter = new DashboardPresenter(page.take);
  const name = `<img src=x onerror=alert(1)>\u202e\u0007${'A'.repeat(5000)}`;
  const frame = frameSample({ function: name, file: `/tmp/${name}` });
  const capture = sampleCapture({ seconds: 5 });
  const process = { ...capture.start.process, name, command: [name] };
  presenter.show({
    capture: { ...capture, start: { ...capture.start, process } },
    report: reportSample({ sites: [siteSample({ blamed: frame, explanation: name })] }),
    file: undefined,
    live: true,
  });
  presenter.receive({ type: 'ready', choice: null });
  const text = JSON.stringify(page.state);
  assert.ok(!text.includes('\u202e') && !text.includes('\\u0007'));
  assert.ok((page.state.rows[0]?.frame.name ?? '').length <= 400);
  assert.ok((page.state.rows[0]?.explanation ?? '').length <= 600);
});
