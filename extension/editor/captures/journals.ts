/**
 * The journals of captures that are not saved yet: where they are, whom they belong to, and which of
 * them were left behind by a window that crashed or was reloaded.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { readJournal } from '../../capture/journal.ts';
import type { Capture } from '../../capture/capture.ts';
import { captureId } from './openCapture.ts';

const extension = '.journal';

/** A capture that was left behind. */
export interface Orphan {
  readonly file: string;
  readonly capture: Capture;
}

export class Journals {
  readonly #directory: string;
  readonly #owner: string;
  /** Journals of this window, by capture id. */
  readonly #files = new Map<string, string>();
  #next = 0;

  /**
   * @param directory the workspace's own storage; made when it is first needed
   * @param owner names this process, also against a later one with the same number
   */
  private constructor(directory: string, owner: string) {
    this.#directory = directory;
    this.#owner = owner;
  }

  static async open(directory: string): Promise<Journals> {
    const started = await startTicks(process.pid);
    return new Journals(directory, `${process.pid}-${started ?? 0}`);
  }

  /** A file for the journal of a new capture. */
  async create(): Promise<string> {
    await mkdir(this.#directory, { recursive: true });
    this.#next += 1;
    return path.join(this.#directory, `${this.#owner}-${this.#next}${extension}`);
  }

  /** Remembers which capture a journal holds. */
  belongs(id: string, file: string): void {
    this.#files.set(id, file);
  }

  /** The capture is saved or unwanted: its journal is not needed any more. */
  async discard(id: string): Promise<void> {
    const file = this.#files.get(id);
    if (file === undefined) return;
    this.#files.delete(id);
    await rm(file, { force: true });
  }

  /**
   * Captures whose window is gone. They belong to this window from now on. Journals without a single
   * sample are removed.
   */
  async orphans(): Promise<readonly Orphan[]> {
    const orphans: Orphan[] = [];
    for (const name of await filesIn(this.#directory)) {
      const owner = /^(\d+)-(\d+)-\d+\.journal$/.exec(name);
      if (owner === null || name.startsWith(`${this.#owner}-`)) continue;
      if ((await startTicks(Number(owner[1]))) === Number(owner[2])) continue;
      const file = path.join(this.#directory, name);
      const capture = await readJournal(file).catch(() => undefined);
      if (capture === undefined || capture.samples.length === 0) {
        await rm(file, { force: true });
        continue;
      }
      this.belongs(captureId(capture), file);
      orphans.push({ file, capture });
    }
    return orphans.sort((a, b) => a.capture.start.startedUnixMs - b.capture.start.startedUnixMs);
  }
}

async function filesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith(extension));
  } catch {
    return []; // Nothing was ever captured in this workspace.
  }
}

/** When a process started, in clock ticks since boot (proc(5), field 22); undefined if it is gone. */
async function startTicks(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The name before may hold spaces and parentheses; the last parenthesis ends it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended: its parent has not looked yet.
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}
