/**
 * The main job in a real VS Code: from the command palette to the line that leaks, and what becomes
 * of a capture afterwards. One story in several steps, as a user would live it.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { buildTarget, type Built, EditorFixture, eventually } from './fixture.ts';
import type { Workbench } from './workbench.ts';

let fixture: EditorFixture;
let window: Workbench;
let built: Built;

/** Every test below stands on the one before it: after a failure the rest would only add noise. */
let broken = false;
function step(name: string, run: () => Promise<void>): void {
  test(name, { timeout: 400_000 }, async () => {
    assert.ok(!broken, 'an earlier step failed');
    try {
      await run();
    } catch (error) {
      broken = true;
      await window.screenshot('editor-failure');
      throw error;
    }
  });
}

before(async () => {
  fixture = await EditorFixture.start({ settings: { 'leaklens.capture.durationSeconds': 0 } });
  built = await buildTarget('error_path_leak', fixture.workspace);
  await fixture.target(built.program);
  window = await fixture.open();
});

after(async () => {
  await fixture.stop();
});

const site = (): RegExp => new RegExp(`error_path_leak\\.cpp:${built.line}`);

step('the palette offers what can be done, and the view says what to do next', async () => {
  const offered = (await window.offered('LeakLens:')).filter((it) => it.startsWith('LeakLens: '));
  assert.deepEqual([...offered].sort(), [
    'LeakLens: Check This Host',
    'LeakLens: Focus on Captures View',
    'LeakLens: Open Saved Capture',
    'LeakLens: Show Log',
    'LeakLens: Start Leak Capture',
  ]);
  await window.showView();
  const welcome = window.page.locator('.part.sidebar .welcome-view-content');
  await welcome.getByText('Start Leak Capture').waitFor();
  await window.screenshot('view-empty');
});

step("a running program is picked: the workspace's own is offered first", async () => {
  await window.openFile('error_path_leak.cpp');
  await window.command('LeakLens: Start Leak Capture');
  const first = window.pickerRows.filter({ hasText: 'Programs of this workspace' }).first();
  await first.waitFor({ timeout: 60_000 });
  assert.match(await first.innerText(), /error_path_leak[\s\S]*PID \d+[\s\S]*1 thread/);
  await window.screenshot('picker');
  await first.click();
  await window.statusBar.filter({ hasText: /error_path_leak · \d+:\d\d · .+ of a core/ }).waitFor();
});

step('the dashboard draws the growth', async () => {
  const frame = await window.webview('#dashboard canvas', 60_000);
  await frame.getByText('Outstanding bytes by site').waitFor();
  await frame.getByText('Allocation velocity').waitFor();
  const drawn = await eventually('a drawn chart', async () => {
    const count = await frame
      .locator('#dashboard canvas')
      .first()
      .evaluate((canvas) => {
        if (!(canvas instanceof HTMLCanvasElement)) return 0;
        const { width, height } = canvas;
        const data = canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
        let pixels = 0;
        for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 0) > 0) pixels += 1;
        return pixels;
      });
    return count > 500 && count;
  });
  assert.ok(drawn > 500);
});

step(
  'the leak is found: tree, Problems entry on the marked line, lens, decoration, hover',
  async () => {
    await window.showView();
    await window.treeRow(site()).waitFor({ timeout: 90_000 });
    await window.command('Problems: Focus on Problems View');
    const problem = window.problem(/Memory leak in error_path_leak/);
    await problem.waitFor();
    assert.match(await problem.innerText(), new RegExp(`\\[Ln ${built.line}, Col`));
    assert.match(await problem.innerText(), /LeakLens[\s\S]*memory-leak/);
    await window.problem('called from main').waitFor();
    await problem.dblclick();
    await eventually(
      'the cursor on the line',
      async () => (await window.cursorLine()) === built.line,
    );
    await window.command('View: Hide Panel');
    const lens = window.lenses.filter({ hasText: /Leak: .+ in .+/ });
    await lens.waitFor();
    assert.match(await lens.innerText(), /Show stack[\s\S]*Show chart[\s\S]*Dismiss/);
    const [end] = await eventually('the end of the line', async () => {
      const ends = await window.lineEnds();
      return ends.length > 0 && ends;
    });
    assert.match(end ?? '', /^leak \+.+\/min · [\d,]+ alive · \d+%$/);
    assert.equal(await window.gutterIcons(), 1);
    const hover = await window.hover();
    await hover.getByText('Call stack').waitFor();
    const picture = hover.locator('img[src^="data:image/svg+xml"]');
    assert.ok(
      await picture.evaluate((it) => it instanceof HTMLImageElement && it.naturalWidth > 100),
    );
    await window.screenshot('editor');
  },
);

step('a frame of the stack opens its line', async () => {
  await window.lenses.getByText('Show stack').click();
  const frame = window.treeRow(/Session::serve/);
  await frame.waitFor();
  await frame.click();
  const caller = (await readFile(built.source, 'utf8'))
    .split('\n')
    .findIndex((line) => line.includes('handle(request) == 400'));
  await eventually('the caller', async () => (await window.cursorLine()) === caller + 1);
});

step('marks follow an edit, and say that the source is newer once it is saved', async () => {
  await window.focusEditor();
  await window.page.keyboard.press('Control+Home');
  await window.page.keyboard.type('// one\n// two\n');
  await window.command('Problems: Focus on Problems View');
  await window.problem(new RegExp(`Memory leak[\\s\\S]*\\[Ln ${built.line + 2}, Col`)).waitFor();
  await window.problem(/Memory leak/).dblclick();
  await eventually('the cursor', async () => (await window.cursorLine()) === built.line + 2);
  await window.page.keyboard.press('Control+S');
  await eventually('the note', async () =>
    (await window.lineEnds()).some((end) => end.includes('source is newer')),
  );
  await window.focusEditor();
  await window.page.keyboard.press('Control+Home');
  await window.page.keyboard.press('Shift+ArrowDown');
  await window.page.keyboard.press('Shift+ArrowDown');
  await window.page.keyboard.press('Delete');
  await window.page.keyboard.press('Control+S');
  await window.problem(new RegExp(`Memory leak[\\s\\S]*\\[Ln ${built.line}, Col`)).waitFor();
  await window.command('View: Hide Panel');
});

step('a capture that is interrupted by a reload is back in the dashboard', async () => {
  await window.reload();
  await window.showView();
  await window
    .treeRow(/error_path_leak \(\d+\)/)
    .filter({ hasText: 'not saved' })
    .waitFor();
  await window.treeRow(site()).waitFor();
  const frame = await window.webview('#dashboard canvas', 60_000);
  await frame.getByText('the recording breaks off here').waitFor();
  await eventually('the end of the agent', async () => (await fixture.agents()).length === 0);
});

let saved = '';

step('a capture is stopped and saved', async () => {
  await window.command('LeakLens: Start Leak Capture');
  // The program that was captured last is on top, so Enter takes it.
  await window.pickerRows.filter({ hasText: 'Last target' }).waitFor({ timeout: 60_000 });
  await window.page.keyboard.press('Enter');
  await window.statusBar.waitFor();
  await window.treeRow('Leaks (1)').nth(1).waitFor({ timeout: 90_000 });
  await window.command('LeakLens: Stop Leak Capture');
  await window.statusBar.waitFor({ state: 'hidden' });
  await window.notification(/1 leak was found/).waitFor();
  assert.deepEqual(await fixture.agents(), []);
  await window
    .notification(/1 leak was found/)
    .getByText('Save...')
    .click();
  await window.page.locator('.quick-input-widget').getByText('OK').click();
  saved = await eventually('the saved file', async () =>
    (await readdir(fixture.workspace)).find((name) => name.endsWith('.leaklens')),
  );
  const bytes = await readFile(path.join(fixture.workspace, saved));
  assert.deepEqual([...bytes.subarray(0, 2)], [0x1f, 0x8b]);
});

step('Clear takes every mark and every capture away', async () => {
  await window.openFile('error_path_leak.cpp');
  await window.lenses.filter({ hasText: 'Leak:' }).first().waitFor();
  await window.command('LeakLens: Clear Results');
  await window.lenses.filter({ hasText: 'Leak:' }).waitFor({ state: 'hidden' });
  await eventually('no decoration', async () => (await window.lineEnds()).length === 0);
  await window.showView();
  await window.page.locator('.part.sidebar .welcome-view-content').first().waitFor();
  await window.command('Problems: Focus on Problems View');
  await window.page.locator('.part.panel').getByText('No problems').waitFor();
});

step('a saved capture opens without an agent, after a reload too', async () => {
  await window.reload();
  await window.openFile(saved);
  const frame = await window.webview('#dashboard canvas', 60_000);
  await frame.getByText('Outstanding bytes by site').waitFor();
  await window.showView();
  await window.treeRow(site()).waitFor();
  assert.deepEqual(await fixture.agents(), []);
  await window.screenshot('saved-capture');
});

step('a dismissed site is marked no more, also after a reload, until it is restored', async () => {
  await window.openFile('error_path_leak.cpp');
  await window.lenses.getByText('Dismiss').first().click();
  await window.lenses.filter({ hasText: 'Leak:' }).waitFor({ state: 'hidden' });
  await window.treeRow('Dismissed (1)').waitFor();
  await window.reload();
  await window.openFile(saved);
  await window.showView();
  await window.treeRow('Dismissed (1)').waitFor();
  await window.command('LeakLens: Restore Dismissed Leaks');
  await window.page.locator('.quick-input-list .monaco-checkbox').first().click();
  await window.page.locator('.quick-input-widget').getByText('OK').click();
  await window.treeRow('Leaks (1)').waitFor();
  await window.openFile('error_path_leak.cpp');
  await window.lenses.filter({ hasText: 'Leak:' }).waitFor();
});

step("a newer version's file and a damaged one are refused in words", async () => {
  const { gzipSync } = await import('node:zlib');
  const { writeFile } = await import('node:fs/promises');
  const file = { format: 'leaklens-capture', version: 99, capture: {} };
  await writeFile(path.join(fixture.workspace, 'newer.leaklens'), gzipSync(JSON.stringify(file)));
  await writeFile(path.join(fixture.workspace, 'damaged.leaklens'), 'no capture');
  await window.openFile('newer.leaklens');
  await window.page
    .getByText(/saved by a newer LeakLens: its version is 99/)
    .first()
    .waitFor();
  await window.openFile('damaged.leaklens');
  await window.page
    .getByText(/is damaged, or no saved capture/)
    .first()
    .waitFor();
});

step('activation takes less than 50 ms', async () => {
  await window.command('Developer: Show Running Extensions');
  const row = window.page.locator('.runtime-extensions-editor .monaco-list-row', {
    hasText: 'LeakLens',
  });
  const text = await row.innerText();
  const milliseconds = Number(/Activation: (\d+)ms/.exec(text)?.[1]);
  assert.ok(milliseconds < 50, text);
});
