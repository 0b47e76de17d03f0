/** What the source locator asks about files, answered from disk and from the workspace's folders. */
import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { DisposableList, Emitter } from '../disposables.ts';
import type { FileFinder } from './sourceLocator.ts';

/** More files of one name than this are ambiguous anyway. */
const maxFiles = 500;

export class WorkspaceFiles implements FileFinder {
  readonly #owned = new DisposableList();
  readonly #changed = this.#owned.add(new Emitter<undefined>());
  /** Files came or went: remembered answers may be wrong. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    const watcher = this.#owned.add(
      // Contents do not matter, only names.
      vscode.workspace.createFileSystemWatcher(
        '**/*.{c,cc,cpp,cxx,c++,h,hh,hpp,hxx,inl,ipp,tpp}',
        false,
        true,
        false,
      ),
    );
    const changed = (): void => {
      this.#changed.fire(undefined);
    };
    this.#owned.add(watcher.onDidCreate(changed));
    this.#owned.add(watcher.onDidDelete(changed));
    this.#owned.add(vscode.workspace.onDidChangeWorkspaceFolders(changed));
  }

  async exists(path: string): Promise<boolean> {
    try {
      return (await stat(path)).isFile();
    } catch {
      return false;
    }
  }

  async named(fileName: string): Promise<readonly string[]> {
    const found = await vscode.workspace.findFiles(`**/${fileName}`, undefined, maxFiles);
    return found.filter((uri) => uri.scheme === 'file').map((uri) => uri.fsPath);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

/** When a file was last written, Unix ms; undefined where it cannot be told. */
export async function modifiedMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}
