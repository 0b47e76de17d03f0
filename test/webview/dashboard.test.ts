/**
 * The dashboard in a real browser: its page under its content security policy, the real presenter
 * on the other side, and synthetic captures. Screenshots go to artifacts/.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { analyze } from '../../extension/analysis/analyze.ts';
import type { Subject } from '../../extension/editor/dashboard/viewModel.ts';
import { bundleWebview } from '../../scripts/bundle-webview.mjs';
import { PanelHost, type Panel, type PanelOptions } from './panel.ts';
import { sampleCapture, type SampleOptions } from './sampleCapture.ts';
import type { ThemeName } from './themes.ts';

const SECOND = 1_000_000_000;
const ARTIFACTS = 'artifacts';
const MAX_BUNDLE_BYTES = 600_000;
/** Frames of this length are smooth enough to scroll by; an answer within the other is no waiting. */
const SMOOTH_MS = 50;
const RESPONSIVE_MS = 500;

let directory = '';
let host: PanelHost;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'leaklens-webview-'));
  await mkdir(ARTIFACTS, { recursive: true });
  await bundleWebview(directory);
  host = await PanelHost.start(directory);
});

after(async () => {
  await host.close();
  await rm(directory, { recursive: true, force: true });
});

function subjectOf(options: SampleOptions): Subject {
  const capture = sampleCapture(options);
  return {
    capture,
    report: analyze(capture),
    file: undefined,
    live: options.end === undefined,
  };
}

/** A page that shows a capture and has drawn it. */
async function open(subject: Subject, options: PanelOptions = {}): Promise<Panel> {
  const panel = await host.open(options, (presenter) => {
    presenter.show(subject);
  });
  await panel.page.locator('#sites-grid [data-site]').first().waitFor();
  return panel;
}

async function close(panel: Panel): Promise<void> {
  assert.deepEqual(panel.complaints, []);
  await panel.page.context().close();
}

/** How many different colours a canvas has, and which share of its pixels is drawn at all. */
function drawing(page: Page, selector: string): Promise<{ colors: number; share: number }> {
  return page.locator(selector).evaluate((canvas) => {
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error('no canvas');
    const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
    const colors = new Set<string>();
    let drawn = 0;
    for (let at = 0; pixels !== undefined && at < pixels.length; at += 4) {
      if ((pixels[at + 3] ?? 0) < 128) continue;
      drawn += 1;
      // Coarse, so that smoothing between two colours does not count as many.
      const color = [0, 1, 2].map((channel) => (pixels[at + channel] ?? 0) >> 5);
      colors.add(color.join());
    }
    return { colors: colors.size, share: drawn / (canvas.width * canvas.height) };
  });
}

function text(page: Page, selector: string): Promise<string> {
  return page.locator(selector).innerText();
}

/** What axe finds wrong with the page's accessibility, contrast included. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate('axe.run()');
  return axeResult
    .parse(found)
    .violations.flatMap((it) =>
      it.nodes.map((node) => `${it.id}: ${node.failureSummary} ${node.html}`),
    );
}

const axeResult = z.object({
  violations: z.array(
    z.object({
      id: z.string(),
      nodes: z.array(z.object({ html: z.string(), failureSummary: z.string() })),
    }),
  ),
});

/** Median length of a frame while the table is scrolled and the cursor moves over the charts, ms. */
function scrolling(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const viewport = document.querySelector('.grid-viewport');
    const brush = document.querySelector('#outstanding-brush');
    if (viewport === null || brush === null) throw new Error('no table');
    const box = brush.getBoundingClientRect();
    const frames: number[] = [];
    let last = performance.now();
    for (let step = 0; step < 60; step += 1) {
      viewport.scrollTop = (viewport.scrollHeight * step) / 60;
      const clientX = box.left + (box.width * step) / 60;
      brush.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY: box.top + 20 }));
      await new Promise(requestAnimationFrame);
      frames.push(performance.now() - last);
      last = performance.now();
    }
    return frames.sort((a, b) => a - b)[30] ?? Infinity;
  });
}

/** Time from a click on a row until the site's details are there, ms. */
async function selecting(page: Page): Promise<number> {
  const row = page.locator('#sites-grid [data-site]').nth(3);
  const name = await row.locator('.own-name').innerText();
  const began = performance.now();
  await row.click({ position: { x: 10, y: 10 } });
  await page.locator('.detail h2', { hasText: name }).waitFor();
  return performance.now() - began;
}

/** Waits until the page has said something for which the test holds. */
async function said(
  panel: Panel,
  test: (message: Panel['received'][number]) => boolean,
): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (panel.received.some(test)) return;
    await panel.page.waitForTimeout(20);
  }
  assert.fail(`not among ${JSON.stringify(panel.received)}`);
}

async function plotBox(
  page: Page,
  id: string,
): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await page.locator(`#${id}-brush`).boundingBox();
  assert.ok(box !== null);
  return box;
}

test('the bundle is small', async () => {
  const { size } = await stat(join(directory, 'main.js'));
  assert.ok(size < MAX_BUNDLE_BYTES, `${size} bytes`);
});

test('everything is drawn and labelled, in each theme', async () => {
  const subject = subjectOf({ seconds: 185 });
  for (const theme of ['dark', 'light', 'high-contrast'] satisfies ThemeName[]) {
    const panel = await open(subject, { theme });
    const { page } = panel;
    panel.presenter.select(subject.report.sites[0]);
    await page.locator('.detail-body').waitFor();
    assert.equal(await text(page, 'h1'), 'relayd');
    assert.match(await text(page, '.where'), /PID 48213 · box · .*relayd --listen/);
    assert.match(await text(page, '.phase'), /Capturing · 3:05 · 185 samples/);
    const tiles = await text(page, '.tiles');
    for (const name of ['Leaking', 'Outstanding', 'Process growth', 'Cost', 'Losses'])
      assert.ok(tiles.includes(name), name);
    assert.match(tiles, /\+\d+ kB\/min\s+2 sites/);
    for (const id of ['outstanding', 'velocity', 'memory', 'cost', 'survival']) {
      const { colors, share } = await drawing(page, `#${id}-canvas`);
      assert.ok(colors >= 3, `${id} in ${theme} has ${colors} colours`);
      assert.ok(share > 0.01, `${id} in ${theme} is drawn on ${share}`);
      const label = await page.locator(`#${id}-canvas`).getAttribute('aria-label');
      assert.match(label ?? '', /\d/);
    }
    const label = await page.locator('#outstanding-canvas').getAttribute('aria-label');
    assert.match(label ?? '', /relay::Session::open from .* to \d+ kB/);
    assert.equal(await page.locator('#sites-grid [data-site]').count(), 6);
    assert.ok((await page.locator('#flame-tree [role=treeitem]').count()) > 10);
    assert.match(await text(page, '#outstanding .legend'), /regression, 95% band/);
    assert.deepEqual(await violations(page), []);
    await page.screenshot({ path: join(ARTIFACTS, `dashboard-${theme}.png`), fullPage: true });
    await close(panel);
  }
});

test('curves follow the theme when the editor changes it', async () => {
  const panel = await open(subjectOf({ seconds: 60 }));
  const { page } = panel;
  const background = (): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const picture = (): Promise<string> =>
    page
      .locator('#outstanding-canvas')
      .evaluate((canvas) => (canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : ''));
  const [darkBack, dark] = [await background(), await picture()];
  await panel.setTheme('light');
  await page.waitForTimeout(100);
  assert.notEqual(await background(), darkBack);
  assert.notEqual(await picture(), dark);
  await close(panel);
});

test('a click on a row, a legend entry, a curve or a box selects; it is shown everywhere', async () => {
  const subject = subjectOf({ seconds: 120 });
  const panel = await open(subject);
  const { page } = panel;
  await page.locator('[data-site]', { hasText: 'ResponseCache' }).click();
  await said(panel, (it) => it.type === 'select' && it.site === 2);
  await page.locator('.detail h2', { hasText: 'relay::ResponseCache::insert' }).waitFor();
  assert.match(await text(page, '.detail-verdict'), /Cache/);
  assert.match(await text(page, '.figures'), /95% interval/i);
  const row = page.locator('#site-2');
  assert.equal(await row.getAttribute('aria-selected'), 'true');
  const legend = page.locator('#outstanding .legend-entry', { hasText: 'ResponseCache' });
  assert.equal(await legend.getAttribute('aria-pressed'), 'true');

  await page.locator('#outstanding .legend-entry', { hasText: 'AccessLog' }).click();
  await page.locator('.detail h2', { hasText: 'relay::AccessLog::append' }).waitFor();

  // The warm-up's curve is a straight line on top of all others.
  const box = await plotBox(page, 'outstanding');
  const warm = subject.report.sites.find((it) => it.stacks[0]?.stack === 4);
  const highest = await page.evaluate(() => {
    const marks = document.querySelector('#outstanding-canvas')?.getAttribute('aria-label');
    return marks ?? '';
  });
  assert.match(highest, /RouteTable/);
  assert.ok(warm !== undefined);
  let hit = false;
  for (let y = box.y + 4; !hit && y < box.y + box.height / 2; y += 8) {
    await page.mouse.click(box.x + box.width * 0.8, y);
    await page.waitForTimeout(30);
    hit = panel.received.some((it) => it.type === 'select' && it.site === 4);
  }
  assert.ok(hit, 'no click on the curve selected its site');
  await page.locator('.detail h2', { hasText: 'relay::RouteTable::compile' }).waitFor();

  await page.locator('#flame-tree .box', { hasText: 'relay::Request::parse' }).click();
  await page.locator('.flame-strip button', { hasText: 'Select site' }).click();
  await page.locator('.detail h2', { hasText: 'relay::Request::parse' }).waitFor();
  await close(panel);
});

test('rows, frames and boxes open their source', async () => {
  const panel = await open(subjectOf({ seconds: 60 }));
  const { page } = panel;
  const opened = (): (string | undefined)[] =>
    panel.wishes.flatMap((it) =>
      it.type === 'open' ? [`${it.frame.file ?? ''}:${it.frame.line ?? ''}`] : [],
    );
  await page.locator('#site-0 .place').click();
  await said(panel, (it) => it.type === 'openSite');
  assert.match(opened()[0] ?? '', /session\.cpp:88$/);
  await page.locator('#site-1').dblclick({ position: { x: 20, y: 10 } });
  await page.locator('.detail h2', { hasText: 'subscribe' }).waitFor();
  assert.match(opened()[1] ?? '', /listeners\.cpp:41$/);
  await page.locator('.frames button', { hasText: 'relay::Metrics::' }).first().click();
  await said(panel, (it) => it.type === 'openFrame');
  assert.match(opened()[2] ?? '', /metrics\.cpp:63$/);
  await page
    .locator('#flame-tree .box', { hasText: 'relay::EventLoop::dispatch' })
    .click({ modifiers: ['Control'] });
  await page.waitForTimeout(50);
  assert.match(opened()[3] ?? '', /event_loop\.cpp:141$/);
  await close(panel);
});

test('a window is brushed with the mouse, moved by its edge, and cleared', async () => {
  const panel = await open(subjectOf({ seconds: 200 }));
  const { page } = panel;
  const box = await plotBox(page, 'velocity');
  const at = (share: number): number => box.x + box.width * share;
  const y = box.y + box.height / 2;
  await page.mouse.move(at(0.2), y);
  await page.mouse.down();
  await page.mouse.move(at(0.35), y, { steps: 4 });
  await page.mouse.move(at(0.5), y, { steps: 4 });
  await page.mouse.up();
  await said(panel, (it) => it.type === 'window');
  const brushed = panel.received.find((it) => it.type === 'window');
  assert.ok(brushed?.type === 'window');
  assert.ok(Math.abs(brushed.fromNs - 40 * SECOND) < 2 * SECOND);
  assert.ok(Math.abs(brushed.toNs - 100 * SECOND) < 2 * SECOND);
  await page.locator('.window-bar').waitFor();
  assert.match(await text(page, '.window-bar'), /from 0:40 to 1:\d\d and not freed by then/);
  // Snapped to a cohort by the extension, and shown on every time chart.
  for (const id of ['outstanding', 'velocity', 'memory', 'cost'])
    assert.ok(await page.locator(`#${id} .brush-window`).isVisible(), id);
  // The warm-up was over before, so nothing of it is in the window.
  assert.equal(await page.locator('[data-site]', { hasText: 'RouteTable' }).count(), 0);
  assert.equal(await page.locator('#flame-tree .box', { hasText: 'RouteTable' }).count(), 0);
  await page.screenshot({ path: join(ARTIFACTS, 'dashboard-window.png'), fullPage: true });

  await page.mouse.move(at(0.5), y);
  await page.mouse.down();
  await page.mouse.move(at(0.8), y, { steps: 4 });
  await page.mouse.up();
  await page.locator('.window-bar', { hasText: 'to 2:4' }).waitFor();
  assert.match(await text(page, '.window-bar'), /from 0:40/);

  await page.locator('.clear-window').click();
  await page.locator('[data-site]', { hasText: 'RouteTable' }).waitFor();
  assert.ok(!(await page.locator('.window-bar').isVisible()));
  await close(panel);
});

test('charts are read and brushed by keyboard', async () => {
  const panel = await open(subjectOf({ seconds: 100 }));
  const { page } = panel;
  const brush = page.locator('#memory-brush');
  await brush.focus();
  assert.equal(await brush.getAttribute('role'), 'slider');
  assert.equal(await brush.getAttribute('aria-valuenow'), '100');
  await page.keyboard.press('PageDown');
  assert.equal(await brush.getAttribute('aria-valuenow'), '90');
  assert.match(
    (await brush.getAttribute('aria-valuetext')) ?? '',
    /^1:30: resident \+.*B, anonymous .*B, traced \+.*B$/,
  );
  assert.ok(await page.locator('#memory .readout').isVisible());
  // The other charts show the same moment.
  assert.ok(await page.locator('#velocity .cursor-line').isVisible());
  assert.ok(!(await page.locator('#velocity .readout').isVisible()));
  await page.keyboard.press('Shift+PageDown');
  await page.keyboard.press('Shift+PageDown');
  await said(
    panel,
    (it) => it.type === 'window' && it.fromNs === 70 * SECOND && it.toNs === 90 * SECOND,
  );
  await page.locator('.window-bar', { hasText: '1:10 to 1:30' }).waitFor();
  await page.keyboard.press('Escape');
  await said(panel, (it) => it.type === 'clearWindow');
  await page.locator('.window-bar').waitFor({ state: 'hidden' });

  // The same figures as a table.
  await page.locator('#memory summary').focus();
  await page.keyboard.press('Enter');
  const rows = page.locator('#memory .data tbody tr');
  await rows.first().waitFor();
  assert.equal(await rows.count(), 12);
  assert.match(await rows.last().innerText(), /^1:40\s+\+.*B\s+\+.*B\s+\+.*B$/);
  await close(panel);
});

test('the table is sorted, filtered and walked through by keyboard', async () => {
  const panel = await open(subjectOf({ seconds: 120 }));
  const { page } = panel;
  const names = (): Promise<string[]> =>
    page.locator('#sites-grid [data-site] .own-name').allInnerTexts();
  const sorter = page.locator('.grid-head button', { hasText: 'Outstanding' });
  await sorter.focus();
  await page.keyboard.press('Enter');
  const header = page.locator('.grid-head [role=columnheader]', { hasText: 'Outstanding' });
  assert.equal(await header.getAttribute('aria-sort'), 'descending');
  const first = page.locator('#sites-grid [aria-rowindex="2"] .own-name');
  assert.equal(await first.innerText(), 'compile');
  await page.keyboard.press('Enter');
  assert.equal(await header.getAttribute('aria-sort'), 'ascending');
  await page.keyboard.press('Enter');
  assert.equal(await header.getAttribute('aria-sort'), 'none');

  const grid = page.locator('#sites-grid');
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const active = await grid.getAttribute('aria-activedescendant');
  const second = page.locator('#sites-grid [aria-rowindex="3"]');
  assert.equal(await second.getAttribute('id'), active);
  assert.equal(await second.getAttribute('aria-selected'), 'true');
  await page.keyboard.press('Enter');
  await said(panel, (it) => it.type === 'openSite' && `site-${it.site}` === active);
  await page.keyboard.press('Escape');
  await said(panel, (it) => it.type === 'select' && it.site === null);
  await page.locator('.detail-body').waitFor({ state: 'hidden' });

  await page.locator('.filter').fill('cache');
  assert.deepEqual(await names(), ['insert']);
  assert.equal(await text(page, '.sites .count'), '1 of 6');
  await page.locator('.filter').fill('no such site');
  assert.match(await text(page, '.sites .nothing'), /No site/);
  await close(panel);
});

test('the flame graph is walked through and zoomed by keyboard, and says each box in words', async () => {
  const panel = await open(subjectOf({ seconds: 120 }));
  const { page } = panel;
  const tree = page.locator('#flame-tree');
  await tree.focus();
  const active = async (): Promise<string> => {
    const id = await tree.getAttribute('aria-activedescendant');
    return (await page.locator(`#${id ?? ''}`).getAttribute('aria-label')) ?? '';
  };
  assert.match(await active(), /^all outstanding, [\d.]+ MB, 100% of all, [\d,]+ blocks$/);
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowDown');
  assert.match(await active(), /^relay::EventLoop::run, .* event_loop\.cpp:97, /);
  await page.keyboard.press('ArrowRight');
  assert.match(await active(), /^relay::Server::Server, /);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#flame-tree .box', { hasText: 'relay::Server::' }).count(), 0);
  await page.keyboard.press('o');
  await said(panel, (it) => it.type === 'openFrame');
  await page.keyboard.press('s');
  await said(panel, (it) => it.type === 'select');
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('Escape');
  await page.locator('#flame-tree .box', { hasText: 'relay::Server::' }).waitFor();
  await close(panel);
});

for (const theme of ['dark', 'high-contrast'] satisfies ThemeName[])
  test(`at 300 pixels nothing overflows (${theme})`, async () => {
    const subject = subjectOf({ seconds: 185 });
    const panel = await open(subject, { theme, width: 300, height: 700 });
    const { page } = panel;
    panel.presenter.select(subject.report.sites[0]);
    await page.locator('.detail-body').waitFor();
    panel.presenter.receive({ type: 'window', fromNs: 20 * SECOND, toNs: 90 * SECOND });
    await page.locator('.window-bar').waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 300);
    // What is cut off is cut off on purpose, with an ellipsis.
    const spilled = await page.evaluate(() =>
      [...document.querySelectorAll('main *')].flatMap((node) => {
        const box = node.getBoundingClientRect();
        const inside = node.closest('.data-scroll, svg, .visually-hidden, .brush') !== null;
        return inside || box.width === 0 || box.right <= 300.5 ? [] : [node.outerHTML.slice(0, 80)];
      }),
    );
    assert.deepEqual(spilled, []);
    assert.match(
      await text(page, '#site-1'),
      /subscribe[\s\S]*listeners\.cpp:41[\s\S]*\/min[\s\S]*B/,
    );
    await page.screenshot({ path: join(ARTIFACTS, `dashboard-300-${theme}.png`), fullPage: true });
    await close(panel);
  });

test('the page is filled again after a reload, with selection, window, filter and order', async () => {
  const panel = await open(subjectOf({ seconds: 120 }));
  const { page } = panel;
  await page.locator('#site-1').click();
  await page.locator('.detail-body').waitFor();
  panel.presenter.receive({ type: 'window', fromNs: 20 * SECOND, toNs: 90 * SECOND });
  await page.locator('.filter').fill('relay');
  await page.locator('.grid-head button', { hasText: 'Rate' }).click();
  await page.locator('.window-bar').waitFor();
  await page.reload();
  await page.locator('.window-bar').waitFor();
  assert.equal(panel.sent.filter((it) => it === 'state').length, 2);
  await page.locator('.detail h2', { hasText: 'subscribe' }).waitFor();
  assert.equal(await page.locator('.filter').inputValue(), 'relay');
  const rate = page.locator('.grid-head [role=columnheader]', { hasText: 'Rate' });
  assert.equal(await rate.getAttribute('aria-sort'), 'descending');
  const ready = panel.received.filter((it) => it.type === 'ready').at(-1);
  assert.deepEqual(ready?.type === 'ready' && [ready.choice?.site, ready.choice?.window?.fromNs], [
    1,
    20 * SECOND,
  ]);
  await close(panel);
});

test('a live capture goes on by increments; a lost one makes the page ask for all', async () => {
  const whole = sampleCapture({ seconds: 90 });
  const at = (samples: number): Subject => {
    const capture = { ...whole, samples: whole.samples.slice(0, samples) };
    return { capture, report: analyze(capture), file: undefined, live: true };
  };
  const panel = await open(at(60));
  const { page } = panel;
  for (let samples = 61; samples <= 70; samples += 1) panel.presenter.show(at(samples));
  await page.locator('.phase', { hasText: '70 samples' }).waitFor();
  assert.deepEqual(new Set(panel.sent.slice(1)), new Set(['update']));
  await page.evaluate(() => {
    window.postMessage({ type: 'update', update: { base: 9999, revision: 10_000 } }, '*');
  });
  await said(panel, () => panel.received.filter((it) => it.type === 'ready').length === 2);
  await page.locator('.phase', { hasText: '70 samples' }).waitFor();
  panel.presenter.show({ ...at(90), live: false });
  await page.locator('.phase', { hasText: 'Ended after 1:30' }).waitFor();
  assert.ok(!(await page.locator('button', { hasText: 'Stop' }).isVisible()));
  await close(panel);
});

test('a capture without samples, and one with losses, say so', async () => {
  const starting = subjectOf({ seconds: 0 });
  const panel = await host.open({}, (presenter) => {
    presenter.show(starting);
  });
  const { page } = panel;
  await page.locator('.phase', { hasText: 'waiting for the first sample' }).waitFor();
  assert.match(await text(page, '.sites .nothing'), /No outstanding allocation/);
  const { capture, report } = subjectOf({ seconds: 30, end: { reason: 'exited', detail: 'gone' } });
  const lossNotes = ['12 allocations found the table full'];
  const gaps = [{ fromNs: 5 * SECOND, toNs: 9 * SECOND, idle: false }];
  panel.presenter.show({
    capture,
    report: { ...report, partial: true, lossNotes, gaps },
    file: 'relayd.leaklens',
    live: false,
  });
  await page.locator('.banner.warning', { hasText: '12 allocations' }).waitFor();
  assert.match(await text(page, '.phase'), /Ended after 0:30 .* gone/);
  assert.match(await text(page, '#cost .notes'), /Lost: 12 allocations found the table full/);
  assert.ok(await page.locator('#velocity .gaps > div').isVisible());
  assert.ok(!(await page.locator('button', { hasText: 'Save As' }).isVisible()));
  await close(panel);
});

test('without a capture the page says what to do next', async () => {
  const panel = await host.open({});
  const { page } = panel;
  await page.locator('.empty').waitFor();
  await page.locator('button', { hasText: 'Start Leak Capture' }).click();
  await page.locator('button', { hasText: 'Open Saved Capture' }).click();
  await page.locator('button', { hasText: 'Check This Host' }).click();
  await said(panel, (it) => it.type === 'command' && it.command === 'checkHost');
  assert.deepEqual(
    panel.wishes.map((it) => it.type === 'command' && it.command),
    ['startCapture', 'openCapture', 'checkHost'],
  );
  await page.screenshot({ path: join(ARTIFACTS, 'dashboard-empty.png') });
  await close(panel);
});

test('names from the target are text, and a message that is none is refused in words', async () => {
  const hostile = '<img src=x onerror="document.title=1">';
  const capture = sampleCapture({ seconds: 30 });
  const locations = capture.locations.map((it) =>
    it === undefined
      ? it
      : { ...it, frames: it.frames?.map((frame) => ({ ...frame, function: `${hostile}::f` })) },
  );
  const process = { ...capture.start.process, name: hostile, command: [hostile] };
  const changed = { ...capture, locations, start: { ...capture.start, process } };
  const report = analyze(changed);
  const panel = await open({ capture: changed, report, file: hostile, live: true });
  const { page } = panel;
  panel.presenter.select(report.sites[0]);
  await page.locator('.detail-body').waitFor();
  assert.equal(await page.locator('img').count(), 0);
  assert.equal(await page.title(), 'LeakLens Dashboard');
  assert.equal(await text(page, 'h1'), hostile);
  await page.evaluate(() => {
    window.postMessage({ type: 'state', state: { revision: 'x' } }, '*');
  });
  await page.locator('.banner.error', { hasText: 'cannot read a message' }).waitFor();
  await close(panel);
});

test('a thousand sites over an hour stay smooth', async () => {
  const whole = sampleCapture({ seconds: 3600, sites: 1000, cohortSeconds: 60 });
  const report = analyze(whole);
  const subject: Subject = { capture: whole, report, file: undefined, live: true };
  const panel = await open(subject);
  const { page } = panel;
  assert.equal(await text(page, '.sites .count'), report.sites.length.toLocaleString('en-US'));
  assert.ok((await page.locator('#sites-grid [data-site]').count()) < 60);
  assert.ok((await page.locator('#flame-tree [role=treeitem]').count()) <= 801);
  const grid = page.locator('#sites-grid');
  assert.equal(await grid.getAttribute('aria-rowcount'), String(report.sites.length + 1));
  await grid.focus();
  await page.keyboard.press('End');
  await page.locator(`#sites-grid [aria-rowindex="${report.sites.length + 1}"]`).waitFor();

  // Times mean little on a busy machine: those of six sites over a minute are the measure.
  const small = await open(subjectOf({ seconds: 60 }));
  const [frameMs, smallFrameMs] = [await scrolling(page), await scrolling(small.page)];
  const frames = `a frame took ${frameMs.toFixed(0)} ms, with six sites ${smallFrameMs.toFixed(0)} ms`;
  assert.ok(frameMs < Math.max(SMOOTH_MS, 2 * smallFrameMs), frames);
  const [selectMs, smallSelectMs] = [await selecting(page), await selecting(small.page)];
  const times = `selecting took ${selectMs.toFixed(0)} ms, with six sites ${smallSelectMs.toFixed(0)} ms`;
  assert.ok(selectMs < Math.max(RESPONSIVE_MS, 4 * smallSelectMs), times);
  await close(small);
  await page.screenshot({ path: join(ARTIFACTS, 'dashboard-1000-sites.png'), fullPage: true });
  await close(panel);
});
