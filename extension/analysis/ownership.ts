/**
 * Which frames of a stack are the user's own, and which of them is the one to look at.
 */
import type { Location } from '../capture/capture.ts';
import type { ModuleInfo } from '../../protocol/agent.ts';
import type { StackFrame } from './report.ts';

/** Folders that hold a compiler's or a library's headers wherever they are installed. */
const HEADER_FOLDERS = ['/include/c++/', '/c++/v1/', '/lib/gcc/'];

/** Resolves "." and ".." and doubled slashes, without looking at any file system. */
export function normalizePath(path: string): string {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else kept.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + kept.join('/');
}

function isUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** Tells own from system code for one capture. */
export class Ownership {
  readonly #systemPaths: readonly string[];
  readonly #executable: string;
  readonly #paths = new Map<string, boolean>();

  /**
   * @param systemPaths prefixes that are not the user's
   * @param executable path of the program itself, which is the user's wherever it is installed
   */
  constructor(systemPaths: readonly string[], executable: string) {
    this.#systemPaths = systemPaths.map(normalizePath);
    this.#executable = executable;
  }

  /** True where the path lies under a system prefix, or among a compiler's headers. */
  isSystemPath(path: string): boolean {
    let known = this.#paths.get(path);
    if (known === undefined) {
      const plain = normalizePath(path);
      known =
        this.#systemPaths.some((prefix) => isUnder(plain, prefix)) ||
        HEADER_FOLDERS.some((folder) => plain.includes(folder));
      this.#paths.set(path, known);
    }
    return known;
  }

  /** True for libraries of the system; "[vdso]" and other modules that are no file are the system's. */
  isSystemModule(path: string): boolean {
    if (path === this.#executable) return false;
    return !path.startsWith('/') || this.isSystemPath(path);
  }

  /**
   * True where a source file is the user's own. A relative name is what a distribution's packages
   * carry in their debug information, so in a system module it is not.
   */
  ownsFile(file: string | undefined, module: string): boolean {
    if (file === undefined || file === '' || file.startsWith('<')) return false;
    if (!file.startsWith('/') && this.isSystemModule(module)) return false;
    return !this.isSystemPath(file);
  }

  /** A location's frames as a person reads them: inlined callees first. Never empty. */
  frames(location: Location, modules: readonly ModuleInfo[]): readonly StackFrame[] {
    const module = modules[location.module]?.path ?? '';
    const { address } = location;
    const frames = location.frames ?? [];
    if (frames.length === 0) {
      return [{ function: '', inlined: false, module, address, owned: false }];
    }
    return frames.map((frame) => ({
      ...frame,
      module,
      address,
      owned: this.ownsFile(frame.file, module),
    }));
  }

  /** Index of the frame to blame: the first that is owned; failing that, the first in a module that
   *  is not the system's; -1 where there is none. */
  blamed(frames: readonly StackFrame[]): number {
    const owned = frames.findIndex((frame) => frame.owned);
    if (owned >= 0) return owned;
    return frames.findIndex((frame) => frame.module !== '' && !this.isSystemModule(frame.module));
  }
}
