/** What the page says while there is no capture to show: what to do next. */
import type { ViewCommand } from '../protocol/view.ts';
import { button, element, icon } from './dom.ts';

export function emptyState(onCommand: (command: ViewCommand) => void): HTMLElement {
  const start = button('Start Leak Capture', { class: 'primary' }, () => {
    onCommand('startCapture');
  });
  const open = button('Open Saved Capture', {}, () => {
    onCommand('openCapture');
  });
  const check = button('Check This Host', { class: 'link' }, () => {
    onCommand('checkHost');
  });
  const sign = icon('M1.500 13.500h13', 'M2 11 6 7.500l2.500 2L14 4', 'M10.500 3.500H14.500v4');
  sign.setAttribute('class', 'icon empty-sign');
  return element(
    'main',
    { class: 'empty' },
    sign,
    element('h1', {}, 'No capture yet'),
    element(
      'p',
      {},
      'Pick a running C++ program. It runs on while its allocations are traced, and the lines ' +
        'whose memory only grows appear here.',
    ),
    element('div', { class: 'empty-actions' }, start, open),
    element(
      'p',
      { class: 'caption' },
      'Tracing needs root’s rights and a kernel with eBPF. ',
      check,
    ),
  );
}
