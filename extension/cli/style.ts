/** Colours and weights, which mean the same everywhere on the terminal. */
import { styleText } from 'node:util';
import type { Verdict } from '../analysis/report.ts';

export type Role = 'strong' | 'quiet' | 'good' | 'warning' | 'bad';

/** Puts text into a role's colour, or leaves it as it is. */
export type Style = (role: Role, text: string) => string;

const formats = {
  strong: ['bold'],
  quiet: ['dim'],
  good: ['green'],
  warning: ['yellow'],
  bad: ['bold', 'red'],
} as const satisfies Record<Role, readonly string[]>;

export const coloured: Style = (role, text) => styleText([...formats[role]], text);
export const uncoloured: Style = (_role, text) => text;

const verdictRoles: Readonly<Record<Verdict, Role>> = {
  leak: 'bad',
  growing: 'warning',
  cache: 'good',
  'warm-up': 'good',
  sawtooth: 'good',
  steady: 'good',
  'insufficient data': 'quiet',
};

/** The role in which a verdict is shown. */
export function roleOf(verdict: Verdict): Role {
  return verdictRoles[verdict];
}
