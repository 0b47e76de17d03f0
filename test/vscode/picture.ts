/**
 * Makes the picture that the README shows, from a real capture in a real VS Code:
 *   node --import tsx test/vscode/picture.ts
 * after scripts/test-vscode.sh or its first steps have made build/leaklens.vsix.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { repository } from '../support/targets.ts';
import { buildTarget, EditorFixture, eventually } from './fixture.ts';

const picture = path.join(repository, 'docs', 'images', 'editor.png');

async function main(): Promise<void> {
  const fixture = await EditorFixture.start({
    settings: { 'leaklens.capture.durationSeconds': 0, 'workbench.sideBar.location': 'left' },
  });
  try {
    const built = await buildTarget('error_path_leak', fixture.workspace);
    const { pid } = await fixture.target(built.program);
    await fixture.keyBindings([
      { key: 'ctrl+alt+1', command: 'leaklens.startCapture', args: { pid } },
    ]);
    const window = await fixture.open();
    await window.showView();
    await window.openFile(path.basename(built.source));
    await window.page.keyboard.press('Control+Alt+1');
    await window.statusBar.waitFor();
    const site = window.treeRow(new RegExp(`error_path_leak\\.cpp:${built.line}`));
    await site.waitFor({ timeout: 120_000 });
    await site.click();
    // The progress notification would hide a part of the dashboard.
    await window.command('Notifications: Clear All Notifications');
    await window.command('View: Focus First Editor Group');
    await window.page.keyboard.press('Control+G');
    await window.page.locator('.quick-input-widget input').fill(`:${built.line + 6}:1`);
    await window.page.keyboard.press('Enter');
    const frame = await window.webview('#dashboard canvas');
    await frame.getByText('Outstanding bytes by site').waitFor();
    await eventually('the lens', async () => (await window.lenses.count()) > 0);
    await delay(15_000);
    await mkdir(path.dirname(picture), { recursive: true });
    await window.page.screenshot({ path: picture });
  } finally {
    await fixture.stop();
  }
}

// A rejection ends the process with an error, as it should.
void main();
