/**
 * What the user does to start a capture, from the picker to the message at its end: one agent is
 * started, which first lists the processes and then captures the one that was picked.
 */
import * as vscode from 'vscode';
import { z } from 'zod';
import type { CaptureEnd } from '../../capture/capture.ts';
import { UserError } from '../../errors.ts';
import type { AgentConnection } from '../../hosts/connection.ts';
import { commands } from '../contributions.ts';
import type { Log } from '../log.ts';
import { showError } from '../messages.ts';
import type { Settings } from '../settings.ts';
import { pidOfConfiguration } from '../targets/debugProcess.ts';
import type { DebugSessions } from '../targets/debugSessions.ts';
import { askLaunch, launch } from '../targets/launcher.ts';
import { pickTarget } from '../targets/processPicker.ts';
import type { LastTarget } from '../targets/processRanking.ts';
import { plain } from '../../text/untrusted.ts';
import type { Captures } from './captures.ts';
import type { RunningCapture } from './runningCapture.ts';
import { progressText } from './statusText.ts';

const lastTargetKey = 'leaklens.lastTarget';
/** A launched program has mapped its allocator some milliseconds after its start. */
const launchPatienceMs = 3000;

export interface StartContext {
  readonly captures: Captures;
  readonly sessions: DebugSessions;
  readonly memory: vscode.Memento;
  readonly log: Log;
  readonly settings: () => Settings;
}

/** What key bindings, tasks and other extensions may give, to capture without being asked. */
const startArgument = z.object({ pid: z.number().int().positive() });

/** Start Leak Capture: asks for the target, unless the argument names a process. */
export async function startCapture(context: StartContext, argument: unknown): Promise<void> {
  const { captures, sessions, memory, log } = context;
  if (!vscode.workspace.isTrusted) return;
  const given = startArgument.safeParse(argument);
  let connection: AgentConnection | undefined;
  try {
    if (given.success) {
      connection = await captures.connect();
      await begin(context, connection, given.data.pid);
      return;
    }
    // Started while the picker opens: both need their time.
    const connecting = captures.connect().then((made) => (connection = made));
    const list = async (): ReturnType<typeof listProcesses> => listProcesses(await connecting);
    const pick = await pickTarget(list, sessions.all, {
      folders: (vscode.workspace.workspaceFolders ?? []).map((it) => it.uri.fsPath),
      lastTarget: memory.get<LastTarget>(lastTargetKey),
      ownPids: [process.pid, process.ppid],
    });
    if (pick === undefined) {
      await connecting.then((made) => made.dispose()).catch(() => undefined);
      return;
    }
    const ready = await connecting;
    if (pick.kind === 'process') await begin(context, ready, pick.process.pid);
    else if (pick.kind === 'debugSession') await beginDebugged(context, ready, pick.session);
    else await beginLaunched(context, ready);
  } catch (error) {
    await connection?.dispose();
    showError(log, 'The capture could not be started', error);
  }
}

/** Capture Leaks of the Debugged Program: the active debug session's. */
export async function captureDebugSession(context: StartContext): Promise<void> {
  const { captures, sessions, log } = context;
  const [session] = sessions.all;
  if (!vscode.workspace.isTrusted || session === undefined) return;
  let connection: AgentConnection | undefined;
  try {
    connection = await captures.connect();
    await beginDebugged(context, connection, session);
  } catch (error) {
    await connection?.dispose();
    showError(log, 'The capture could not be started', error);
  }
}

async function listProcesses(
  connection: AgentConnection,
): Promise<Awaited<ReturnType<typeof connection.request<'process/list'>>>['processes']> {
  return (await connection.request('process/list', undefined)).processes;
}

async function beginDebugged(
  context: StartContext,
  connection: AgentConnection,
  session: vscode.DebugSession,
): Promise<void> {
  const pid =
    context.sessions.announced(session) ??
    pidOfConfiguration(session.configuration, await listProcesses(connection));
  if (pid === undefined)
    throw new UserError(
      'noSuchProcess',
      `The debugger does not tell the process of "${session.name}".`,
      'Pick the process by its name with Start Leak Capture.',
    );
  await begin(context, connection, pid);
}

async function beginLaunched(context: StartContext, connection: AgentConnection): Promise<void> {
  const program = await askLaunch(context.memory);
  if (program === undefined) {
    await connection.dispose();
    return;
  }
  const pid = await launch(program);
  await allocatorMapped(connection, pid);
  await begin(context, connection, pid);
}

/** Waits until the launched program's loader has mapped its allocator, but not for ever. */
async function allocatorMapped(connection: AgentConnection, pid: number): Promise<void> {
  const deadline = Date.now() + launchPatienceMs;
  while (Date.now() < deadline) {
    const process = (await listProcesses(connection)).find((it) => it.pid === pid);
    if (process === undefined || process.allocators.length > 0) return;
  }
}

async function begin(
  { captures, memory, log, settings }: StartContext,
  connection: AgentConnection,
  pid: number,
): Promise<void> {
  const running = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: 'LeakLens: attaching' },
    () => captures.start(connection, pid),
  );
  const { process } = captures.list.get(running.id)?.capture.start ?? {};
  if (process !== undefined) {
    const last: LastTarget = { executable: process.executable, command: process.command };
    await memory.update(lastTargetKey, last);
  }
  if (settings().openDashboard)
    await vscode.commands.executeCommand(commands.showDashboard, running.id);
  // The command is done when the capture runs; its end is told when it comes.
  void followToEnd(captures, running, settings().captureDuration, log);
}

/** Shows progress with a way to stop, and at the end what was found. Never rejects. */
async function followToEnd(
  captures: Captures,
  running: RunningCapture,
  durationSeconds: number,
  log: Log,
): Promise<void> {
  const { list } = captures;
  const title = list.get(running.id)?.title ?? '';
  const end = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: `Capturing leaks of ${title}`,
      cancellable: true,
    },
    async (progress, cancelled) => {
      cancelled.onCancellationRequested(() => void running.stop());
      let shown = 0;
      const follow = list.onDidChange(({ kind, capture }) => {
        if (kind !== 'updated' || capture.id !== running.id) return;
        const share =
          durationSeconds === 0 ? 0 : (capture.report.durationNs / 1e9 / durationSeconds) * 100;
        const increment = Math.max(0, Math.min(100, share) - shown);
        shown += increment;
        progress.report({
          message: progressText(capture),
          ...(durationSeconds === 0 ? {} : { increment }),
        });
      });
      try {
        return await running.ended;
      } finally {
        follow.dispose();
      }
    },
  );
  try {
    await tellEnd(captures, running.id, end);
  } catch (error) {
    log.error('The end of a capture could not be told', error);
  }
}

async function tellEnd({ list }: Captures, id: string, end: CaptureEnd): Promise<void> {
  const capture = list.get(id);
  // It was cleared, which the user knows.
  if (capture === undefined) return;
  const { sites, samples } = capture.report;
  const leaks = sites.filter((it) => it.verdict === 'leak');
  const [worst] = leaks;
  const found =
    worst === undefined
      ? 'no leak was found'
      : `${leaks.length === 1 ? '1 leak was' : `${leaks.length} leaks were`} found`;
  const show = 'Show Dashboard';
  const go = 'Go to Leak';
  const save = 'Save...';
  const offered = [...(worst?.blamed?.file === undefined ? [] : [go]), show, save];
  const lost = end.reason === 'agentLost' || end.reason === 'failed';
  const why = {
    stopped: '',
    exited: ' The program has ended.',
    exec: ' The program was replaced by another one (exec).',
    agentLost: ` It was cut short: ${plain(end.detail, 300)}`,
    failed: ` It was cut short: ${plain(end.detail, 300)}`,
  }[end.reason];
  const text = `Leak capture of ${capture.title}: ${found} in ${samples} samples.${why}`;
  const chosen = lost
    ? await vscode.window.showWarningMessage(text, ...offered)
    : await vscode.window.showInformationMessage(text, ...offered);
  if (chosen === show) await vscode.commands.executeCommand(commands.showDashboard, id);
  if (chosen === save) await vscode.commands.executeCommand(commands.saveCaptureAs, id);
  if (chosen === go && worst?.blamed !== undefined)
    await vscode.commands.executeCommand(commands.openFrame, worst.blamed);
}
