/// <reference lib="dom" />
/**
 * The workbench as a test drives it: palette, pickers, notifications, views, editors; by what a user
 * sees and not by the extension's own code.
 */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Browser, chromium, type Frame, type Locator, type Page } from 'playwright-core';

export async function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export class Workbench {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser, url: string): Promise<Workbench> {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(60_000);
    await page.goto(url);
    const workbench = new Workbench(page);
    await workbench.#ready();
    return workbench;
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.#ready();
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /** Runs a command through the palette, by its title. */
  async command(title: string): Promise<void> {
    // An open palette does not learn of commands that are registered meanwhile, as after a reload.
    for (let attempt = 0; ; attempt += 1) {
      const input = await this.#palette();
      await input.fill(`>${title}`);
      const row = this.pickerRows.filter({ hasText: title }).first();
      const listed = await row.waitFor({ timeout: 5000 }).then(
        () => true,
        () => false,
      );
      if (listed || attempt >= 10) {
        await row.click();
        return;
      }
      await this.page.keyboard.press('Escape');
    }
  }

  /** The titles that the palette offers for what is typed. */
  async offered(text: string): Promise<readonly string[]> {
    const input = await this.#palette();
    await input.fill(`>${text}`);
    await delay(500);
    const titles = await this.page.locator('.quick-input-list .label-name').allInnerTexts();
    await this.page.keyboard.press('Escape');
    return titles;
  }

  get pickerRows(): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row');
  }

  /** Types into the open picker and accepts the row that shows the text. */
  async pick(typed: string, row: string): Promise<void> {
    await this.page.locator('.quick-input-widget input').fill(typed);
    await this.pickerRows.filter({ hasText: row }).first().click();
  }

  /** Opens a file of the workspace by its name. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    await this.page.locator('.quick-input-widget input').fill(name);
    await this.pickerRows.filter({ hasText: name }).first().click();
    await this.tab(name).waitFor();
  }

  tab(name: string): Locator {
    return this.page.locator('.tabs-container .tab', { hasText: name });
  }

  get statusBar(): Locator {
    return this.page.locator('#leaklens\\.leaklens\\.leaklens\\.status');
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
  }

  async dismissNotifications(): Promise<void> {
    await this.command('Notifications: Clear All Notifications');
  }

  /** A row of the LeakLens view. */
  treeRow(text: string | RegExp): Locator {
    return this.page.locator('.part.sidebar .monaco-list-row', { hasText: text });
  }

  /** Opens the LeakLens view. */
  async showView(): Promise<void> {
    await this.command('LeakLens: Focus on Captures View');
    await this.page.locator('.part.sidebar .pane-header, .part.sidebar .title').first().waitFor();
  }

  /** A row of the Problems view, which must be open. */
  problem(text: string | RegExp): Locator {
    return this.page.locator('.part.panel .monaco-list-row', { hasText: text });
  }

  /** What stands behind the text of a line by decorations, of all visible lines. */
  async lineEnds(): Promise<readonly string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.view-lines .view-line span[class*="ced-"]')]
        .map((element) => getComputedStyle(element, '::after').content)
        .filter((content) => content !== 'none' && content !== 'normal')
        .map((content) => content.replace(/^"|"$/g, '')),
    );
  }

  /** Whether an icon of an extension is drawn in the gutter. */
  async gutterIcons(): Promise<number> {
    return this.page.evaluate(
      () =>
        [...document.querySelectorAll('.glyph-margin-widgets .cgmr')].filter((element) =>
          getComputedStyle(element).backgroundImage.includes('gutter-'),
        ).length,
    );
  }

  get lenses(): Locator {
    return this.page.locator('.codelens-decoration');
  }

  /** The hover at the text cursor, as the keyboard shows it. */
  async hover(): Promise<Locator> {
    await this.command('Show or Focus Hover');
    const hover = this.page.locator('.monaco-hover:not(.hidden)').first();
    await hover.locator('.hover-row').first().waitFor();
    return hover;
  }

  /** Puts the focus into the editor, without moving its cursor. */
  async focusEditor(): Promise<void> {
    await this.command('View: Focus Active Editor Group');
  }

  /** The line number of the editor that a text cursor is in, from the status bar. */
  async cursorLine(): Promise<number> {
    const text = await this.page.locator('#status\\.editor\\.selection').innerText();
    return Number(/Ln (\d+)/.exec(text)?.[1]);
  }

  /** The frame of a webview in which a selector is found. */
  async webview(selector: string, timeoutMs = 20_000): Promise<Frame> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      for (const frame of this.page.frames())
        if (
          (await frame
            .locator(selector)
            .count()
            .catch(() => 0)) > 0
        )
          return frame;
      await delay(200);
    }
    throw new Error(`no webview shows ${selector}`);
  }

  /** Keeps a picture in artifacts/, for people. */
  async screenshot(name: string): Promise<void> {
    const root = path.resolve(import.meta.dirname, '../..');
    await this.page.screenshot({ path: path.join(root, 'artifacts', `${name}.png`) });
  }

  async #ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 60_000 });
    await this.page.locator('.part.activitybar a[aria-label^="LeakLens"]').waitFor();
  }

  async #palette(): Promise<Locator> {
    const input = this.page.locator('.quick-input-widget input');
    // The workbench takes a moment until it listens to keys.
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await this.page.keyboard.press('F1');
      try {
        await input.waitFor({ timeout: 1000 });
        return input;
      } catch {
        await this.page.keyboard.press('Escape');
      }
    }
    throw new Error('the command palette does not open');
  }
}
