/** How a frame of a stack is named on the page. */
import type { ViewFrame } from '../protocol/view.ts';
import { element } from './dom.ts';

/**
 * The function's name, whose scope gives way first where there is little room; the whole signature
 * is its hint.
 */
export function functionName(frame: ViewFrame): HTMLElement {
  const cut = frame.short.lastIndexOf('::') + 2;
  const name = element('span', {
    class: frame.owned ? 'function' : 'function foreign',
    title: frame.name,
  });
  if (cut > 2) name.append(element('span', { class: 'scope' }, frame.short.slice(0, cut)));
  name.append(
    element('span', { class: 'own-name' }, cut > 2 ? frame.short.slice(cut) : frame.short),
  );
  return name;
}
