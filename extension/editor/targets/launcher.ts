/**
 * Launching a program in order to capture it: in a terminal, so that its output is seen and it can
 * be typed to, as the user and not as root.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { debugTypes } from '../contributions.ts';
import { plainLabel } from '../../text/untrusted.ts';
import { formatCommandLine, parseCommandLine } from './commandLine.ts';

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string | undefined;
}

const lastLaunchKey = 'leaklens.lastLaunch';
const launchConfiguration = z.object({
  name: z.string(),
  type: z.string(),
  request: z.literal('launch'),
  program: z.string(),
  args: z.array(z.string()).optional().catch(undefined),
  cwd: z.string().optional(),
});

interface Item extends vscode.QuickPickItem {
  readonly launch?: Launch;
}

/**
 * Asks what to launch: a launch configuration of the workspace, or a command line.
 * @param memory remembers the last command line
 */
export async function askLaunch(memory: vscode.Memento): Promise<Launch | undefined> {
  const configurations = launchItems();
  if (configurations.length > 0) {
    const typed: Item = { label: '$(terminal) Type a command line...' };
    const item = await vscode.window.showQuickPick([...configurations, typed], {
      title: 'Launch Under Capture',
      placeHolder: 'A launch configuration of this workspace, or a command line',
      matchOnDetail: true,
    });
    if (item === undefined) return undefined;
    if (item.launch !== undefined) return item.launch;
  }
  const line = await vscode.window.showInputBox({
    title: 'Launch Under Capture',
    prompt: 'Program and arguments; relative to the workspace folder',
    placeHolder: './build/server --port 8080',
    value: memory.get<string>(lastLaunchKey) ?? '',
    ignoreFocusOut: true,
    validateInput: (text) => {
      const words = parseCommandLine(text);
      return typeof words === 'string' ? words : undefined;
    },
  });
  const words = line === undefined ? [] : parseCommandLine(line);
  if (typeof words === 'string' || words[0] === undefined) return undefined;
  const [program, ...args] = words;
  await memory.update(lastLaunchKey, line);
  return { program, args, cwd: workspaceFolder() };
}

/**
 * Starts it.
 * @returns the PID, which is the program's own: no shell is between
 * @throws UserError launchFailed
 */
export async function launch({ program, args, cwd }: Launch): Promise<number> {
  const file = program.includes('/') ? path.resolve(cwd ?? '/', program) : program;
  if (path.isAbsolute(file) && !(await isFile(file)))
    throw new UserError('launchFailed', `There is no program ${file}.`, 'Build it first.');
  const terminal = vscode.window.createTerminal({
    name: `LeakLens: ${path.basename(program)}`,
    shellPath: file,
    shellArgs: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    isTransient: true,
    iconPath: new vscode.ThemeIcon('record'),
  });
  terminal.show(true);
  const pid = await terminal.processId;
  if (pid === undefined)
    throw new UserError('launchFailed', `${program} could not be started.`, 'See its terminal.');
  return pid;
}

function launchItems(): Item[] {
  return (vscode.workspace.workspaceFolders ?? []).flatMap((folder) => {
    const all: unknown = vscode.workspace
      .getConfiguration('launch', folder.uri)
      .get('configurations');
    return (Array.isArray(all) ? all : []).flatMap((value: unknown): Item[] => {
      const decoded = launchConfiguration.safeParse(value);
      if (!decoded.success || !debugTypes.some((type) => type === decoded.data.type)) return [];
      const { name, program, args = [], cwd } = decoded.data;
      const resolve = (text: string): string =>
        text.replaceAll(/\$\{workspace(Folder|Root)\}/g, folder.uri.fsPath);
      const resolved = [program, ...args, cwd ?? ''].map(resolve);
      // What only a debugger or a task can fill in cannot be launched without it.
      if (resolved.some((text) => text.includes('${'))) return [];
      const words = resolved.slice(0, -1);
      return [
        {
          label: `$(debug-alt) ${plainLabel(name, 80)}`,
          detail: plainLabel(formatCommandLine(words), 200),
          launch: {
            program: words[0] ?? program,
            args: words.slice(1),
            cwd: resolved.at(-1) === '' ? folder.uri.fsPath : resolved.at(-1),
          },
        },
      ];
    });
  });
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

function workspaceFolder(): string | undefined {
  return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
}
