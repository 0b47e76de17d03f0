/** The LeakLens view in the activity bar: the tree model as items of the editor. */
import * as vscode from 'vscode';
import type { Site } from '../../analysis/report.ts';
import type { CaptureList } from '../captures/captureList.ts';
import type { OpenCapture } from '../captures/openCapture.ts';
import { commands, views } from '../contributions.ts';
import { DisposableList } from '../disposables.ts';
import type { Dismissals } from '../marks/dismissals.ts';
import { type TreeNode, treeRoots } from './treeModel.ts';

/** Samples of several captures may come at once; the tree is drawn for all of them together. */
const redrawMs = 200;

export class CaptureTree implements vscode.TreeDataProvider<TreeNode> {
  readonly #owned = new DisposableList();
  readonly #changed = this.#owned.add(new vscode.EventEmitter<undefined>());
  readonly #list: CaptureList;
  readonly #dismissals: Dismissals;
  readonly #view: vscode.TreeView<TreeNode>;
  /** The parents of the nodes that were handed out last, by id. */
  readonly #parents = new Map<string, TreeNode>();
  #timer: NodeJS.Timeout | undefined;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(list: CaptureList, dismissals: Dismissals) {
    this.#list = list;
    this.#dismissals = dismissals;
    this.#view = this.#owned.add(
      vscode.window.createTreeView(views.captures, { treeDataProvider: this }),
    );
    this.#owned.add(
      list.onDidChange(() => {
        this.#redraw();
      }),
    );
    this.#owned.add(
      dismissals.onDidChange(() => {
        this.#redraw();
      }),
    );
    this.#owned.add({
      dispose: () => {
        clearTimeout(this.#timer);
      },
    });
  }

  getChildren(parent?: TreeNode): TreeNode[] {
    if (parent === undefined) {
      this.#parents.clear();
      return this.#roots();
    }
    const children = [...parent.children()];
    for (const child of children) this.#parents.set(child.id, parent);
    return children;
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return this.#parents.get(node.id);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    const state = { leaf: None, collapsed: Collapsed, expanded: Expanded }[node.expansion];
    const item = new vscode.TreeItem(node.label, state);
    item.id = node.id;
    item.description = node.description;
    item.tooltip = node.tooltip;
    item.contextValue = node.kind;
    item.accessibilityInformation = { label: `${node.label} ${node.description}` };
    const { name, color } = node.icon;
    item.iconPath = new vscode.ThemeIcon(
      name,
      color === undefined ? undefined : new vscode.ThemeColor(color),
    );
    // A site opens its line from the context menu; a click expands it.
    if (node.kind === 'frame' && node.frame !== undefined)
      item.command = { command: commands.openFrame, title: 'Open', arguments: [node] };
    return item;
  }

  /** Shows a site's call stacks in the view. */
  async reveal(capture: OpenCapture, site: Site): Promise<void> {
    const node = this.#find(capture, site);
    if (node !== undefined) await this.#view.reveal(node, { select: true, focus: true, expand: 2 });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #roots(): TreeNode[] {
    return treeRoots(this.#list.all, (fingerprint) => this.#dismissals.has(fingerprint));
  }

  #find(capture: OpenCapture, site: Site): TreeNode | undefined {
    const root = this.#roots().find((it) => it.id === capture.id);
    if (root === undefined) return undefined;
    for (const group of this.getChildren(root))
      for (const node of this.getChildren(group))
        if (node.site?.fingerprint === site.fingerprint) return node;
    return undefined;
  }

  #redraw(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changed.fire(undefined);
      const leaks = this.#list.all
        .flatMap((it) => it.report.sites)
        .filter((it) => it.verdict === 'leak' && !this.#dismissals.has(it.fingerprint)).length;
      this.#view.badge =
        leaks === 0
          ? undefined
          : { value: leaks, tooltip: leaks === 1 ? '1 leak' : `${leaks} leaks` };
    }, redrawMs);
  }
}
