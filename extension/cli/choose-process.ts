/** Finds the one process that `--name` means. */
import path from 'node:path';
import type { ProcessInfo } from '../../protocol/agent.ts';
import { UserError } from '../errors.ts';
import { printable } from './format.ts';

/**
 * The process whose name, or whose executable's file name, equals the pattern; where none does, the
 * one that the pattern matches as a regular expression. Kernel threads and our own processes never.
 * @param processes what the agent lists
 * @param ourselves PIDs not to choose from: this process and its agent
 * @throws UserError badChoice for several and for a bad pattern, noSuchProcess for none
 */
export function chooseProcess(
  processes: readonly ProcessInfo[],
  pattern: string,
  ourselves: readonly number[],
): ProcessInfo {
  const candidates = processes.filter(
    ({ pid, obstacle }) => !ourselves.includes(pid) && obstacle?.kind !== 'kernelThread',
  );
  const exact = candidates.filter((process) => namesOf(process).includes(pattern));
  const found = exact.length > 0 ? exact : candidates.filter(matches(pattern));
  const [first, ...others] = found;
  if (first === undefined) {
    throw new UserError(
      'noSuchProcess',
      `No process is called ${JSON.stringify(pattern)}.`,
      'See "leaklens ps" for the processes that can be captured.',
    );
  }
  if (others.length > 0) {
    const list = found.map(({ pid, name }) => `${pid} (${printable(name)})`).join(', ');
    throw new UserError(
      'badChoice',
      `${found.length} processes are called ${JSON.stringify(pattern)}: ${list}.`,
      'Choose one with --pid.',
    );
  }
  return first;
}

function namesOf({ name, executable }: ProcessInfo): string[] {
  return [name, path.basename(executable)].filter((text) => text !== '');
}

function matches(pattern: string): (process: ProcessInfo) => boolean {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'u');
  } catch (error) {
    throw new UserError(
      'badChoice',
      `--name ${JSON.stringify(pattern)} is no valid regular expression.`,
      'Write a name, or a regular expression that matches one.',
      { cause: error },
    );
  }
  return (process) => namesOf(process).some((name) => expression.test(name));
}
