/**
 * What the editor's tests have in common: one VS Code with the extension's package, a workspace, and
 * a leaking program that was built elsewhere, as on a build machine.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { repository } from '../support/targets.ts';
import { removeDirectory, type ServerOptions, VscodeServer } from './server.ts';
import { startBrowser, Workbench } from './workbench.ts';

const run = promisify(execFile);

export const vsix = path.join(repository, 'build', 'leaklens.vsix');

export interface Built {
  readonly program: string;
  /** The source in the workspace; where the compiler saw it there is none any more. */
  readonly source: string;
  /** The line that leaks, from 1. */
  readonly line: number;
}

/**
 * Compiles a sample program as g++ does by default (optimised, without frame pointers) in a folder
 * that is gone afterwards, so that its recorded paths exist nowhere.
 * @param workspace gets the source in src/ and the program in build/
 */
export async function buildTarget(name: string, workspace: string): Promise<Built> {
  const farm = await mkdtemp(path.join(tmpdir(), 'leaklens-build-'));
  const sources = path.join(farm, 'checkout', 'src');
  await mkdir(sources, { recursive: true });
  for (const file of [`${name}.cpp`, 'pace.c', 'pace.h'])
    await copyFile(path.join(repository, 'targets', file), path.join(sources, file));
  await mkdir(path.join(workspace, 'build'), { recursive: true });
  const program = path.join(workspace, 'build', name);
  const flags = ['-O2', '-g', '-fomit-frame-pointer', '-pthread'];
  await run('gcc', ['-std=gnu17', ...flags, '-c', `${sources}/pace.c`, '-o', `${farm}/pace.o`]);
  await run('g++', [
    '-std=c++20',
    ...flags,
    `${sources}/${name}.cpp`,
    `${farm}/pace.o`,
    '-o',
    program,
  ]);
  const source = path.join(workspace, 'src', `${name}.cpp`);
  await mkdir(path.dirname(source), { recursive: true });
  await cp(path.join(sources, `${name}.cpp`), source);
  // Checked out before it was built.
  const earlier = new Date(Date.now() - 3_600_000);
  await utimes(source, earlier, earlier);
  await rename(farm, `${farm}-gone`);
  await removeDirectory(`${farm}-gone`);
  const lines = (await readFile(source, 'utf8')).split('\n');
  return { program, source, line: lines.findIndex((it) => it.endsWith('// LEAK')) + 1 };
}

/** Starts a program that runs until it is ended. */
export async function startTarget(
  program: string,
  args: readonly string[] = ['--rate', '2000'],
): Promise<ChildProcess & { pid: number }> {
  const child = spawn(program, args, { stdio: 'ignore' });
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} has no PID`);
  return Object.assign(child, { pid });
}

export class EditorFixture {
  readonly directory: string;
  readonly workspace: string;
  readonly server: VscodeServer;
  readonly #browser: Browser;
  readonly #children: ChildProcess[] = [];

  private constructor(directory: string, server: VscodeServer, browser: Browser) {
    this.directory = directory;
    this.workspace = path.join(directory, 'workspace');
    this.server = server;
    this.#browser = browser;
  }

  static async start(options: Pick<ServerOptions, 'settings' | 'user'>): Promise<EditorFixture> {
    const directory = await mkdtemp(path.join(tmpdir(), 'leaklens-vscode-'));
    await mkdir(path.join(directory, 'workspace'));
    const server = await VscodeServer.start({ directory, vsix, ...options });
    return new EditorFixture(directory, server, await startBrowser());
  }

  open(folder = this.workspace): Promise<Workbench> {
    return Workbench.open(this.#browser, this.server.folder(folder));
  }

  /** Starts a program that ends with the fixture. */
  async target(program: string, args?: readonly string[]): Promise<ChildProcess & { pid: number }> {
    const child = await startTarget(program, args);
    this.#children.push(child);
    return child;
  }

  /** Changes the user's settings while VS Code runs, as the settings editor does. */
  async settings(changes: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#edit('settings.json', (text) => {
      const parsed: unknown = JSON.parse(text);
      return { ...(typeof parsed === 'object' ? parsed : {}), ...changes };
    });
  }

  async keyBindings(bindings: readonly object[]): Promise<void> {
    await this.#edit('keybindings.json', () => bindings);
  }

  /** PIDs of the agents that run below this server. */
  async agents(): Promise<readonly number[]> {
    return (await this.server.processes())
      .filter(({ command }) => command.includes('leaklens-agent'))
      .map(({ pid }) => pid);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.server.stop();
    for (const child of this.#children) child.kill('SIGKILL');
    await removeDirectory(this.directory);
  }

  async #edit(name: string, change: (text: string) => object): Promise<void> {
    const file = path.join(this.directory, 'data', 'User', name);
    const text = await readFile(file, 'utf8').catch(() => '{}');
    await writeFile(file, JSON.stringify(change(text), null, 2));
    // The file watcher of VS Code collects changes for a moment.
    await delay(2500);
  }
}

/** Waits until a condition holds; the message says what never came. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await delay(200);
  }
}
