/**
 * The editor's colours for canvases, which know no CSS variables. The page's style sheet derives
 * what it needs from the theme's variables; here each is resolved to a colour, again whenever the
 * editor changes its theme.
 */
import type { Verdict } from '../protocol/view.ts';

export interface Theme {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  /** Colours of curves, easy to tell apart; used in this order. */
  readonly series: readonly string[];
  readonly verdict: Readonly<Record<Verdict, string>>;
  readonly fontFamily: string;
  /** Thicker lines and no washed-out colours. */
  readonly highContrast: boolean;
}

const SERIES = 8;

/** The colours of the theme that the editor shows now. */
export function readTheme(): Theme {
  const probe = document.createElement('span');
  document.body.append(probe);
  const resolve = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const theme: Theme = {
    text: resolve('--ll-text'),
    muted: resolve('--ll-muted'),
    grid: resolve('--ll-grid'),
    series: Array.from({ length: SERIES }, (_, at) => resolve(`--ll-series-${at + 1}`)),
    verdict: {
      leak: resolve('--ll-leak'),
      growing: resolve('--ll-growing'),
      cache: resolve('--ll-cache'),
      'warm-up': resolve('--ll-warm-up'),
      sawtooth: resolve('--ll-sawtooth'),
      steady: resolve('--ll-steady'),
      'insufficient data': resolve('--ll-muted'),
    },
    fontFamily: getComputedStyle(document.body).fontFamily,
    highContrast:
      document.body.classList.contains('vscode-high-contrast') ||
      document.body.classList.contains('vscode-high-contrast-light'),
  };
  probe.remove();
  return theme;
}

/** Calls back after each change of the theme; the editor changes attributes of body and root. */
export function onThemeChange(listener: () => void): void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, {
    attributeFilter: ['class', 'data-vscode-theme-id', 'data-vscode-theme-kind'],
  });
  observer.observe(document.documentElement, { attributeFilter: ['style'] });
}

/** The colour, made transparent to this share. */
export function faded(color: string, opacity: number): string {
  return `color-mix(in srgb, ${color} ${(opacity * 100).toFixed(0)}%, transparent)`;
}
