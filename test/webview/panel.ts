/**
 * A stand-in for the editor's panel: serves the dashboard's page with its content security policy,
 * opens it in a real browser, and plays the extension's side with the real presenter.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { dashboardHtml } from '../../extension/editor/dashboard/html.ts';
import { DashboardPresenter, type Wish } from '../../extension/editor/dashboard/presenter.ts';
import { fromView, type FromView, type ToView } from '../../protocol/view.ts';
import { themes, type ThemeName } from './themes.ts';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** One page, and what passed between it and the extension. */
export interface Panel {
  readonly page: Page;
  readonly presenter: DashboardPresenter;
  readonly received: FromView[];
  readonly wishes: Wish[];
  /** Types of the messages that the page was sent. */
  readonly sent: ToView['type'][];
  /** What the browser complained about: policy violations, exceptions, refused messages. */
  readonly complaints: string[];
  /** Changes the theme as the editor does, without a reload. */
  setTheme(theme: ThemeName): Promise<void>;
}

export interface PanelOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
}

export class PanelHost {
  private readonly server: Server;
  private readonly browser: Browser;
  private readonly origin: string;

  private constructor(server: Server, browser: Browser, origin: string) {
    this.server = server;
    this.browser = browser;
    this.origin = origin;
  }

  /** Serves the bundle in `directory` and starts the browser. */
  static async start(directory: string): Promise<PanelHost> {
    const script = await readFile(join(directory, 'main.js'));
    const style = await readFile(join(directory, 'main.css'));
    const server = createServer((request, response) => {
      if (request.url === '/main.js')
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
      else if (request.url === '/main.css')
        response.writeHead(200, { 'content-type': 'text/css' }).end(style);
      else if (request.url === '/')
        response.writeHead(200, { 'content-type': 'text/html' }).end(
          dashboardHtml({
            nonce: randomBytes(24).toString('base64'),
            cspSource: "'self'",
            scriptUri: '/main.js',
            styleUri: '/main.css',
          }),
        );
      else response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    return new PanelHost(server, browser, `http://127.0.0.1:${address.port}/`);
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  /** Opens the page; `before` may give the presenter something to show. */
  async open(
    options: PanelOptions,
    before?: (presenter: DashboardPresenter) => void,
  ): Promise<Panel> {
    const { theme = 'dark', width = 1280, height = 900 } = options;
    const context = await this.browser.newContext({ viewport: { width, height } });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));

    const received: FromView[] = [];
    const wishes: Wish[] = [];
    const sent: ToView['type'][] = [];
    const presenter = new DashboardPresenter((message) => {
      sent.push(message.type);
      page
        .evaluate((data) => {
          window.postMessage(data, '*');
        }, message)
        .catch((error: unknown) => complaints.push(String(error)));
    });
    before?.(presenter);
    await page.exposeFunction('toExtension', (raw: unknown) => {
      const message = fromView.parse(raw);
      received.push(message);
      const wish = presenter.receive(message);
      if (wish !== undefined) wishes.push(wish);
    });
    // The loader of the tests wraps functions in a helper that pages do not have.
    await page.addInitScript({ content: 'globalThis.__name = (it) => it;' });
    await page.addInitScript(prepare, themes[theme]);
    await page.goto(this.origin);
    return {
      page,
      presenter,
      received,
      wishes,
      sent,
      complaints,
      setTheme: (name) => page.evaluate(applyTheme, themes[name]),
    };
  }
}

declare global {
  /** The editor's way into a page, and this file's way out of it. */
  var acquireVsCodeApi: () => unknown;
  var toExtension: (message: unknown) => void;
}

/** Runs in the page before its own script: the editor's side of the window. */
function prepare(theme: (typeof themes)[ThemeName]): void {
  globalThis.acquireVsCodeApi = () => ({
    postMessage: (message: unknown) => {
      globalThis.toExtension(message);
    },
    // The editor keeps a page's state over a reload.
    getState: (): unknown => JSON.parse(sessionStorage.getItem('state') ?? 'null'),
    setState: (state: unknown) => {
      sessionStorage.setItem('state', JSON.stringify(state));
    },
  });
  document.addEventListener('readystatechange', () => {
    if (document.readyState !== 'interactive') return;
    for (const [name, value] of Object.entries(theme.variables))
      document.documentElement.style.setProperty(`--vscode-${name}`, value);
    document.body.className = theme.bodyClass;
  });
}

function applyTheme(theme: (typeof themes)[ThemeName]): void {
  for (const name of [...document.documentElement.style])
    document.documentElement.style.removeProperty(name);
  for (const [name, value] of Object.entries(theme.variables))
    document.documentElement.style.setProperty(`--vscode-${name}`, value);
  document.body.className = theme.bodyClass;
}
