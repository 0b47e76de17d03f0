/** How a verdict looks: a sign of its own shape, so that it needs no colour, and its name. */
import type { Verdict } from '../protocol/view.ts';
import { element, icon } from './dom.ts';

interface Look {
  readonly label: string;
  readonly paths: readonly string[];
}

const looks: Readonly<Record<Verdict, Look>> = {
  leak: {
    label: 'Leak',
    paths: [
      'M8 1.5c3 4 4.5 6.3 4.5 8.5a4.5 4.5 0 0 1-9 0C3.5 7.800 5 5.500 8 1.500Z',
      'M8 6v3.500',
      'M8 11.500v.5',
    ],
  },
  growing: { label: 'Growing', paths: ['M2 13 6.500 8.500 9 11 14 5', 'M10 4.500h4.500V9'] },
  cache: { label: 'Cache', paths: ['M2.500 4.500h11v3h-11z', 'M2.500 9.500h11v3h-11z'] },
  'warm-up': { label: 'Warm-up', paths: ['M2 13c1-7 4-8.500 6-8.500h6'] },
  sawtooth: { label: 'Sawtooth', paths: ['M1.500 12.500 6 4v8.500L10.500 4v8.500L14.500 5'] },
  steady: { label: 'Steady', paths: ['M2 8h12'] },
  'insufficient data': {
    label: 'Too little data',
    paths: [
      'M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13Z',
      'M6 6.300a2 2 0 1 1 2.600 2c-.5.2-.6.5-.6 1',
      'M8 11.500v.5',
    ],
  },
};

export function verdictLabel(verdict: Verdict): string {
  return looks[verdict].label;
}

/** The verdict's sign and name, in its colour. */
export function verdictBadge(verdict: Verdict): HTMLElement {
  const { label, paths } = looks[verdict];
  const name = verdict.replace(' ', '-');
  return element(
    'span',
    { class: `verdict verdict-${name}` },
    icon(...paths),
    element('span', { class: 'verdict-label' }, label),
  );
}
