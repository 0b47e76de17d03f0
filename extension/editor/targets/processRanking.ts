/**
 * Which processes the picker offers, in which order and in which words. Pure.
 *
 * First the last target, then programs that were built in this workspace, then other programs with
 * an allocator that can be traced, then the system's and interpreters, and at the end those that
 * cannot be captured, with the reason.
 */
import type { ProcessInfo } from '../../../protocol/agent.ts';
import { formatBytes, formatCount } from '../../../protocol/quantities.ts';
import { plain, plainLabel } from '../../text/untrusted.ts';

/** The program that was captured last in this workspace. */
export interface LastTarget {
  readonly executable: string;
  readonly command: readonly string[];
}

export interface Surroundings {
  /** Absolute paths of the workspace's folders. */
  readonly folders: readonly string[];
  readonly lastTarget: LastTarget | undefined;
  /** Processes of the editor itself, which nobody looks for leaks in by this picker. */
  readonly ownPids: readonly number[];
}

export interface ProcessItem {
  readonly process: ProcessInfo;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

export interface ProcessGroup {
  readonly title: string;
  readonly items: readonly ProcessItem[];
}

type Class = 'last' | 'workspace' | 'programs' | 'system' | 'impossible';
const titles: readonly (readonly [Class, string])[] = [
  ['last', 'Last target'],
  ['workspace', 'Programs of this workspace'],
  ['programs', 'Other programs'],
  ['system', 'System programs and interpreters'],
  ['impossible', 'Cannot be captured'],
];

/** What these run is not C++ of the user's, or not to be found by lines. */
const interpreters = /\/(node|python[\d.]*|java|ruby|perl|bash|dash|sh|zsh)$/;
const systemPrefixes = ['/usr/', '/bin/', '/sbin/', '/lib/', '/lib64/', '/opt/', '/snap/'];

/** The groups that have members, in the order above; within each, the largest process first. */
export function rankProcesses(
  processes: readonly ProcessInfo[],
  surroundings: Surroundings,
): ProcessGroup[] {
  const classes: Record<Class, ProcessInfo[]> = {
    last: [],
    workspace: [],
    programs: [],
    system: [],
    impossible: [],
  };
  for (const process of processes) {
    if (process.obstacle?.kind === 'kernelThread') continue;
    if (surroundings.ownPids.includes(process.pid)) continue;
    classes[classify(process, surroundings)].push(process);
  }
  // Of several instances of the last target the youngest is the one that is worked on.
  classes.last.sort((a, b) => b.startedUnixMs - a.startedUnixMs);
  classes.workspace.push(...classes.last.splice(1));
  for (const name of ['workspace', 'programs', 'system', 'impossible'] as const)
    classes[name].sort((a, b) => b.rssBytes - a.rssBytes || a.pid - b.pid);
  return titles.flatMap(([name, title]) =>
    classes[name].length === 0 ? [] : [{ title, items: classes[name].map(item) }],
  );
}

function classify(process: ProcessInfo, { folders, lastTarget }: Surroundings): Class {
  if (process.obstacle !== undefined) return 'impossible';
  if (lastTarget !== undefined && isLast(process, lastTarget)) return 'last';
  const { executable } = process;
  if (folders.some((folder) => executable.startsWith(`${folder}/`))) return 'workspace';
  const system =
    interpreters.test(executable) || systemPrefixes.some((it) => executable.startsWith(it));
  return system ? 'system' : 'programs';
}

function isLast(process: ProcessInfo, last: LastTarget): boolean {
  return (
    process.executable === last.executable &&
    process.command.length === last.command.length &&
    process.command.every((argument, at) => argument === last.command[at])
  );
}

function item(process: ProcessInfo): ProcessItem {
  const { pid, name, command, executable, rssBytes, threads, user, obstacle } = process;
  const facts = [
    `PID ${pid}`,
    formatBytes(rssBytes),
    threads === 1 ? '1 thread' : `${formatCount(threads)} threads`,
    plainLabel(user, 30),
  ];
  const line = command.length > 0 ? command.join(' ') : executable;
  return {
    process,
    label: plainLabel(name, 60) || `PID ${pid}`,
    description: facts.filter((fact) => fact !== '').join(' · '),
    detail:
      obstacle === undefined ? plainLabel(line, 200) : `$(circle-slash) ${plain(obstacle.message)}`,
  };
}
