/**
 * Elements, made so that text from a capture can only ever become text: there is no way here to
 * parse HTML, and inline styles, which the content security policy refuses, are not set by name.
 */

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * An element with attributes and children; strings become text nodes. `true` sets an attribute
 * without a value, `false` and undefined leave it out.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children);
  return node;
}

export function setAttribute(
  node: Element,
  name: string,
  value: string | number | boolean | undefined,
): void {
  if (value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value))
    node.setAttribute(name, value === true ? '' : String(value));
}

/** Sets the text only where it differs, so that a screen reader is not told twice. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A button that calls back; `label` is its text unless children are given in `attributes`' place. */
export function button(
  label: string,
  attributes: Attributes,
  onClick: (event: MouseEvent) => void,
): HTMLButtonElement {
  const node = element('button', { type: 'button', ...attributes }, label);
  node.addEventListener('click', onClick);
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';

/** A picture of stroked paths in a square of 16 units, in the colour of its surroundings. */
export function icon(...paths: readonly string[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  for (const d of paths) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

/** A curve of levels from 0 to 100 over a baseline, for a row of a table. */
export function sparkline(levels: readonly number[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 100 20');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('aria-hidden', 'true');
  if (levels.length < 2) return svg;
  const points = levels.map((level, at) => {
    const x = (at / (levels.length - 1)) * 100;
    return `${x.toFixed(1)},${(19 - (level / 100) * 18).toFixed(1)}`;
  });
  const area = document.createElementNS(SVG, 'polygon');
  area.setAttribute('points', `0,20 ${points.join(' ')} 100,20`);
  const line = document.createElementNS(SVG, 'polyline');
  line.setAttribute('points', points.join(' '));
  svg.append(area, line);
  return svg;
}
