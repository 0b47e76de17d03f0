/**
 * This machine as a host: finds the agent that was installed beside the bundle and starts it as
 * root, directly where we are root already, and through an elevation command where we are not.
 */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { reasonOf, systemErrorCode, UserError } from '../errors.ts';
import { ChildAgent, defaultPatience, type EndingPatience } from './child-agent.ts';
import type { AgentExit, AgentProcess, Host } from './host.ts';

export interface LocalHostOptions {
  /** Directory of the running bundle: the agent is `agent/leaklens-agent` below it. */
  readonly bundleDirectory: string;
  /** Path of an agent to use instead. */
  readonly agentPath?: string | undefined;
  /** Command and arguments that run what follows as root without asking; default `sudo -n`. */
  readonly elevation?: readonly string[] | undefined;
  /** Whether this process is root already; by default it is asked. */
  readonly isRoot?: boolean | undefined;
  readonly patience?: EndingPatience | undefined;
}

export const defaultElevation: readonly string[] = ['sudo', '-n'];

const rebuild = 'Build it with "npm run build", or reinstall LeakLens.';

export class LocalHost implements Host {
  readonly name = 'this machine';
  readonly agentPath: string;
  readonly #elevation: readonly string[];
  readonly #patience: EndingPatience;

  constructor(options: LocalHostOptions) {
    this.agentPath =
      options.agentPath === undefined
        ? path.join(options.bundleDirectory, 'agent', 'leaklens-agent')
        : path.resolve(options.agentPath);
    const isRoot = options.isRoot ?? process.geteuid?.() === 0;
    this.#elevation = isRoot ? [] : (options.elevation ?? defaultElevation);
    this.#patience = options.patience ?? defaultPatience;
  }

  async startAgent(): Promise<AgentProcess> {
    await this.#checkAgent();
    const [first, ...rest] = [...this.#elevation, this.agentPath, 'serve'];
    try {
      return await ChildAgent.start({
        command: [first, ...rest],
        environment: this.#environment(),
        elevation: this.#elevation,
        patience: this.#patience,
        explainExit: (exit, greeted) => this.#explainExit(exit, greeted),
      });
    } catch (error) {
      throw this.#explainSpawn(error);
    }
  }

  /** What the agent's process sees: as root nothing that it does not need. */
  #environment(): NodeJS.ProcessEnv {
    if (this.#elevation.length > 0) return process.env;
    return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
  }

  async #checkAgent(): Promise<void> {
    const place = this.agentPath;
    try {
      const file = await stat(place);
      if (!file.isFile()) {
        throw new UserError('agentMissing', `The agent ${place} is not a file.`, rebuild);
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      const what = systemErrorCode(error) === 'ENOENT' ? 'is missing' : 'cannot be read';
      throw new UserError('agentMissing', `The agent ${place} ${what}.`, rebuild, { cause: error });
    }
    try {
      await access(place, constants.X_OK);
    } catch (error) {
      throw new UserError(
        'agentNotExecutable',
        `The agent ${place} is not executable.`,
        `Run "chmod 755 ${place}", or reinstall LeakLens.`,
        { cause: error },
      );
    }
  }

  #explainSpawn(error: unknown): UserError {
    const [elevate] = this.#elevation;
    if (elevate !== undefined) {
      return new UserError(
        'rootNeeded',
        `Tracing needs root, and the command "${elevate}" that should give it does not run: ` +
          `${reasonOf(error)}.`,
        'Run LeakLens as root, or install sudo and allow it for you.',
        { cause: error },
      );
    }
    return new UserError(
      'agentNotExecutable',
      `The agent ${this.agentPath} cannot be executed: ${reasonOf(error)}.`,
      rebuild,
      { cause: error },
    );
  }

  #explainExit(exit: AgentExit, greeted: boolean): UserError {
    const lastLine = exit.stderrTail.trimEnd().split('\n').at(-1)?.trim() ?? '';
    if (!greeted && this.#elevation.length > 0 && isRefusal(exit, lastLine, this.#elevation)) {
      const command = this.#elevation.join(' ');
      return new UserError(
        'rootNeeded',
        `Tracing needs root, and "${command}" refuses it: ${lastLine === '' ? 'no reason given' : lastLine}.`,
        `Run "sudo -v" in this terminal first, run LeakLens as root, or allow ${this.agentPath} in sudoers.`,
      );
    }
    const how =
      exit.signal === undefined
        ? `with exit code ${exit.code ?? 'unknown'}`
        : `killed by ${exit.signal}`;
    const words = lastLine === '' ? '' : ` Its last words: ${lastLine}`;
    return greeted
      ? new UserError('agentLost', `The agent ended unexpectedly, ${how}.${words}`, '')
      : new UserError('agentLost', `The agent ended at its start, ${how}.${words}`, rebuild);
  }
}

/**
 * Whether it was the elevation command that ended, and not the agent. sudo, doas and pkexec sign
 * their messages with their names; pkexec says by 126 and 127 that it was not allowed to.
 */
function isRefusal(exit: AgentExit, lastLine: string, elevation: readonly string[]): boolean {
  const name = path.basename(elevation[0] ?? '');
  if (lastLine.startsWith(`${name}:`)) return true;
  return name === 'pkexec' && (exit.code === 126 || exit.code === 127);
}
