/**
 * Finds the file here that a recorded source path means, and remembers the answer until the
 * workspace or the map changes.
 *
 * Order: the user's map, the recorded path itself, then the workspace's file of the same name with
 * the longest common end.
 */
import { posix } from 'node:path';
import { longestCommonEnd, mapped, normalize, type SourceMap } from './pathMatch.ts';

/** What the locator asks about files; the editor's side answers from disk and workspace. */
export interface FileFinder {
  exists(path: string): Promise<boolean>;
  /** Paths of the workspace's files with this name, excluded ones left out. */
  named(fileName: string): Promise<readonly string[]>;
}

export type Located =
  | { readonly kind: 'found'; readonly path: string; readonly by: 'map' | 'path' | 'end' }
  | { readonly kind: 'ambiguous'; readonly paths: readonly string[] }
  | { readonly kind: 'none' };

export class SourceLocator {
  readonly #finder: FileFinder;
  #map: SourceMap = {};
  #known = new Map<string, Promise<Located>>();

  constructor(finder: FileFinder) {
    this.#finder = finder;
  }

  /** Sets the user's map, variables replaced. */
  setMap(map: SourceMap): void {
    this.#map = map;
    this.forget();
  }

  /** Drops remembered answers: files came, went or moved. */
  forget(): void {
    this.#known = new Map();
  }

  /** @param recorded the path as the compiler recorded it; untrusted */
  locate(recorded: string): Promise<Located> {
    let answer = this.#known.get(recorded);
    if (answer === undefined) {
      answer = this.#search(recorded);
      this.#known.set(recorded, answer);
    }
    return answer;
  }

  async #search(recorded: string): Promise<Located> {
    const byMap = mapped(recorded, this.#map);
    if (byMap !== undefined && (await this.#finder.exists(byMap)))
      return { kind: 'found', path: byMap, by: 'map' };
    const path = normalize(recorded);
    if (posix.isAbsolute(path) && (await this.#finder.exists(path)))
      return { kind: 'found', path, by: 'path' };
    const name = posix.basename(path);
    // Search patterns are made of names; a name with a pattern's characters is not searched for.
    if (name === '' || /[*?{}[\]]/.test(name)) return { kind: 'none' };
    const match = longestCommonEnd(path, await this.#finder.named(name));
    return match.kind === 'found' ? { ...match, by: 'end' } : match;
  }
}
