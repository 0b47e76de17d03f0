/**
 * The flame graph: boxes of call paths, callers above callees, as wide as what is outstanding
 * beneath them. Each box is an element of a tree, with its figures in words.
 */
import type { Flame, FlameNode } from '../protocol/view.ts';
import { button, element, setAttribute, setText } from './dom.ts';
import { layout, neighbour, ROOT, type Box, type Step } from './flameLayout.ts';
import { formatBlocks, formatBytes, formatCount, formatPlace, formatShare } from './format.ts';

const ROW = 20;
/** Boxes that are narrower cannot be seen, nor hit. */
const NARROWEST = 3;
/** Wide enough for a few letters. */
const LABELLED = 24;

const steps: Readonly<Record<string, Step>> = {
  ArrowUp: 'caller',
  ArrowDown: 'callee',
  ArrowLeft: 'previous',
  ArrowRight: 'next',
  Home: 'first',
};

export interface FlameEvents {
  readonly onOpen: (node: FlameNode) => void;
  readonly onSelect: (site: number) => void;
}

export class FlameView {
  readonly element: HTMLElement;
  private readonly events: FlameEvents;
  private readonly tree = element('div', {
    class: 'flame',
    id: 'flame-tree',
    role: 'tree',
    tabindex: 0,
    'aria-label': 'Outstanding bytes by call stack',
    'aria-describedby': 'flame-hint',
  });
  private readonly strip = element('div', { class: 'flame-strip', 'aria-live': 'off' });
  private readonly note = element('span', { class: 'count' });
  private readonly reset: HTMLButtonElement;
  private readonly drawn = new Map<number, HTMLElement>();
  private flame: Flame = { totalBytes: 0, totalCount: 0, nodes: [], hiddenNodes: 0 };
  private boxes: Box[] = [];
  private zoom = ROOT;
  private focused = ROOT;
  private hovered: number | undefined;
  private selected: number | null = null;

  constructor(events: FlameEvents) {
    this.events = events;
    this.reset = button('Zoom out', { hidden: true }, () => {
      this.zoomTo(ROOT);
    });
    this.element = element(
      'section',
      { class: 'panel flame-panel', id: 'flame', 'aria-labelledby': 'flame-title' },
      element(
        'header',
        {},
        element('h2', { id: 'flame-title' }, 'Outstanding bytes by call stack'),
        this.note,
        this.reset,
      ),
      element(
        'p',
        { id: 'flame-hint', class: 'visually-hidden' },
        'Arrow up goes to the caller, arrow down to the largest callee, left and right to the ' +
          'neighbours. Enter zooms, O opens the source, S selects the site, Escape zooms out.',
      ),
      element('div', { class: 'flame-scroll' }, this.tree),
      this.strip,
    );
    this.listen();
  }

  render(flame: Flame | null, selected: number | null): void {
    this.flame = flame ?? { totalBytes: 0, totalCount: 0, nodes: [], hiddenNodes: 0 };
    this.selected = selected;
    const has = (id: number): boolean => this.flame.nodes.some((it) => it.id === id);
    if (!has(this.zoom)) this.zoom = ROOT;
    if (!has(this.focused)) this.focused = this.zoom;
    const { hiddenNodes } = this.flame;
    setText(
      this.note,
      this.flame.nodes.length === 0
        ? 'nothing is outstanding'
        : hiddenNodes > 0
          ? `${formatCount(hiddenNodes)} small paths not drawn`
          : '',
    );
    this.draw();
  }

  private listen(): void {
    const { tree } = this;
    new ResizeObserver(() => {
      this.draw();
    }).observe(tree);
    tree.addEventListener('click', (event) => {
      const id = boxOf(event);
      if (id === undefined) return;
      this.focused = id;
      const node = this.node(id);
      if (node !== undefined && (event.ctrlKey || event.metaKey)) this.events.onOpen(node);
      else this.zoomTo(id);
    });
    tree.addEventListener('pointermove', (event) => {
      this.hover(boxOf(event));
    });
    tree.addEventListener('pointerleave', () => {
      this.hover(undefined);
    });
    tree.addEventListener('focus', () => {
      this.mark();
    });
    tree.addEventListener('keydown', (event) => {
      if (this.press(event)) event.preventDefault();
    });
  }

  /** True where the key meant something. */
  private press(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const step = steps[event.key];
    if (step !== undefined) {
      this.focused = neighbour(this.boxes, this.focused, step);
      this.mark();
      return true;
    }
    const node = this.node(this.focused);
    switch (event.key) {
      case 'Enter':
        this.zoomTo(this.focused);
        return true;
      case 'Escape':
        this.zoomTo(this.node(this.zoom)?.parent ?? ROOT);
        return true;
      case 'o':
        if (node !== undefined) this.events.onOpen(node);
        return true;
      case 's':
        if (node !== undefined) this.events.onSelect(node.site);
        return true;
      default:
        return false;
    }
  }

  private zoomTo(id: number): void {
    this.zoom = id;
    this.hovered = undefined;
    this.draw();
    this.mark();
  }

  private draw(): void {
    const width = Math.max(1, this.tree.clientWidth);
    this.boxes = layout(this.flame, this.zoom, NARROWEST / width);
    this.reset.hidden = this.zoom === ROOT;
    const depth = this.boxes.reduce((deepest, it) => Math.max(deepest, it.depth), 0);
    this.tree.style.height = `${(depth + 1) * ROW}px`;
    const wanted = new Set<number>();
    const ordered = this.boxes.map((box) => {
      wanted.add(box.id);
      return this.boxNode(box, width);
    });
    for (const [id, node] of this.drawn) {
      if (wanted.has(id)) continue;
      node.remove();
      this.drawn.delete(id);
    }
    for (const node of ordered) if (node.parentElement === null) this.tree.append(node);
    if (!wanted.has(this.focused)) this.focused = this.zoom;
    this.mark();
  }

  private boxNode(box: Box, width: number): HTMLElement {
    let node = this.drawn.get(box.id);
    if (node === undefined) {
      node = element('div', { role: 'treeitem', id: `flame-${box.id}`, 'data-box': box.id });
      this.drawn.set(box.id, node);
    }
    const shown = box.node;
    const names = [
      'box',
      shown === undefined ? 'box-all' : `box-${shown.verdict.replace(' ', '-')}`,
    ];
    if (shown?.frame.owned === true) names.push('owned');
    if (box.above) names.push('above');
    if (shown?.site === this.selected) names.push('of-selected');
    setAttribute(node, 'class', names.join(' '));
    setAttribute(node, 'aria-level', box.depth + 1);
    setAttribute(node, 'aria-label', this.describe(box.id));
    node.style.left = `${(box.left * 100).toFixed(4)}%`;
    node.style.width = `${(box.width * 100).toFixed(4)}%`;
    node.style.top = `${box.depth * ROW}px`;
    const label = shown === undefined ? 'all outstanding' : shown.frame.short;
    setText(node, box.width * width < LABELLED ? '' : label);
    return node;
  }

  private node(id: number): FlameNode | undefined {
    return this.flame.nodes.find((it) => it.id === id);
  }

  private describe(id: number): string {
    const node = this.node(id);
    const bytes = node?.bytes ?? this.flame.totalBytes;
    const share = this.flame.totalBytes > 0 ? bytes / this.flame.totalBytes : 0;
    const figures = `${formatBytes(bytes)}, ${formatShare(share)} of all, ${formatBlocks(node?.count ?? this.flame.totalCount)}`;
    if (node === undefined) return `all outstanding, ${figures}`;
    const place = formatPlace(node.frame.file, node.frame.line);
    return `${node.frame.short}, ${figures}${place === '' ? '' : `, ${place}`}, ${node.verdict}`;
  }

  private hover(id: number | undefined): void {
    if (id === this.hovered) return;
    this.hovered = id;
    this.showStrip();
  }

  /** Shows which box has the keyboard, and what it is. */
  private mark(): void {
    for (const [id, node] of this.drawn) {
      node.classList.toggle('focused', id === this.focused);
      setAttribute(node, 'aria-selected', String(id === this.focused));
    }
    const active = this.drawn.get(this.focused);
    setAttribute(this.tree, 'aria-activedescendant', active?.id);
    if (document.activeElement === this.tree) active?.scrollIntoView({ block: 'nearest' });
    this.showStrip();
  }

  private showStrip(): void {
    const id = this.hovered ?? this.focused;
    const node = this.node(id);
    const text = element(
      'span',
      { class: 'flame-text', title: node?.frame.name },
      this.describe(id),
    );
    const buttons: HTMLElement[] = [];
    if (node !== undefined) {
      const place = formatPlace(node.frame.file, node.frame.line);
      if (place !== '')
        buttons.push(
          button(`Open ${place}`, { class: 'link' }, () => {
            this.events.onOpen(node);
          }),
        );
      buttons.push(
        button('Select site', { class: 'link' }, () => {
          this.events.onSelect(node.site);
        }),
      );
    }
    this.strip.replaceChildren(text, ...buttons);
  }
}

function boxOf(event: Event): number | undefined {
  const box = event.target instanceof Element ? event.target.closest('[data-box]') : null;
  return box instanceof HTMLElement ? Number(box.dataset['box']) : undefined;
}
