/** How many terminal columns text takes, and how it is fitted into a given number of them. */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** What terminals draw two columns wide: East Asian characters and pictures. */
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;

interface Character {
  readonly text: string;
  readonly width: number;
}

/** What a reader takes for characters, with their columns. */
function characters(text: string): Character[] {
  return Array.from(segmenter.segment(text), ({ segment }) => ({
    text: segment,
    width: wide.test(segment) ? 2 : 1,
  }));
}

/** The columns that a printable text takes. */
export function widthOf(text: string): number {
  return characters(text).reduce((sum, { width }) => sum + width, 0);
}

/**
 * Text cut to a number of columns, with an ellipsis where something is missing.
 * @param keep which side stays
 */
export function cut(text: string, columns: number, keep: 'start' | 'end' = 'start'): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  const all = characters(text);
  if (keep === 'end') all.reverse();
  const kept: string[] = [];
  let used = 1;
  for (const character of all) {
    used += character.width;
    if (used > columns) break;
    kept.push(character.text);
  }
  return keep === 'start' ? `${kept.join('')}…` : `…${kept.reverse().join('')}`;
}

/** Pads with spaces to a number of columns; longer text stays as it is. */
export function pad(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const gap = ' '.repeat(Math.max(0, columns - widthOf(text)));
  return side === 'left' ? text + gap : gap + text;
}

/**
 * Breaks text between words into lines of so many columns; a longer word has a line of its own.
 * @param columns undefined: one line, however long
 */
export function wrap(text: string, columns: number | undefined): string[] {
  if (columns === undefined) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
