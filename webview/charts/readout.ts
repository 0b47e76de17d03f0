/** The box beside the cursor that says what each curve's value is there. */
import { element } from '../dom.ts';
import { formatClock } from '../format.ts';
import type { Line } from './line.ts';

/** Pixels between cursor and box. */
const DISTANCE = 10;

/** A curve's value at a moment, in words. */
export interface Reading {
  readonly line: Line;
  readonly text: string;
}

export class Readout {
  readonly element = element('div', { class: 'readout', hidden: true });

  hide(): void {
    this.element.hidden = true;
  }

  /** Shows the readings of a moment that is at `place`, a share of the surface's width. */
  show(ns: number, readings: readonly Reading[], surface: HTMLElement, place: number): void {
    this.element.hidden = false;
    this.element.replaceChildren(
      element('div', { class: 'readout-time' }, formatClock(ns)),
      ...readings.map(row),
    );
    // On the side of the cursor where there is more room.
    const { style } = this.element;
    const edge = surface.offsetLeft + surface.clientWidth * place;
    const whole = surface.offsetParent?.clientWidth ?? 0;
    style.left = place > 0.5 ? 'auto' : `${edge + DISTANCE}px`;
    style.right = place > 0.5 ? `${whole - edge + DISTANCE}px` : 'auto';
  }
}

function row({ line, text }: Reading): HTMLElement {
  const swatch = element('span', { class: line.dash.length > 0 ? 'swatch dashed' : 'swatch' });
  swatch.style.borderColor = line.color;
  return element(
    'div',
    { class: 'readout-row' },
    swatch,
    element('span', { class: 'readout-label' }, line.label),
    element('b', {}, text),
  );
}
