/** A chart's legend: each entry names a curve and its latest value, and may be pressed. */
import { element, setAttribute } from '../dom.ts';

export interface LegendEntry {
  readonly key: string;
  readonly label: string;
  readonly value: string;
  readonly color: string;
  /** How the curve is drawn. */
  readonly stroke: 'solid' | 'dashed' | 'area';
  /** Undefined for entries that cannot be pressed. */
  readonly pressed?: boolean;
}

/**
 * Fills the legend. Buttons stay the same elements while their keys do, so that the one with the
 * focus keeps it.
 */
export function renderLegend(
  host: HTMLElement,
  entries: readonly LegendEntry[],
  onPress: (key: string) => void,
): void {
  const known = new Map<string, HTMLElement>();
  for (const child of host.children)
    if (child instanceof HTMLElement) known.set(child.dataset['key'] ?? '', child);
  const wanted = entries.map((entry) => {
    const node = known.get(entry.key) ?? entryElement(entry, onPress);
    const swatch = element('span', { class: `swatch ${entry.stroke}` });
    swatch.style.borderColor = entry.color;
    if (entry.stroke === 'area') swatch.style.backgroundColor = entry.color;
    node.replaceChildren(
      swatch,
      element('span', { class: 'legend-label' }, entry.label),
      element('span', { class: 'legend-value' }, entry.value),
    );
    setAttribute(node, 'title', `${entry.label} ${entry.value}`.trim());
    setAttribute(
      node,
      'aria-pressed',
      entry.pressed === undefined ? undefined : String(entry.pressed),
    );
    return node;
  });
  const same =
    host.children.length === wanted.length && wanted.every((it, at) => host.children[at] === it);
  if (!same) host.replaceChildren(...wanted);
}

function entryElement(entry: LegendEntry, onPress: (key: string) => void): HTMLElement {
  if (entry.pressed === undefined)
    return element('span', { class: 'legend-entry', 'data-key': entry.key });
  const node = element('button', {
    type: 'button',
    class: 'legend-entry',
    'data-key': entry.key,
  });
  node.addEventListener('click', () => {
    onPress(entry.key);
  });
  return node;
}
