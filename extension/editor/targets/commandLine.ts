/**
 * A command line that a person typed, as program and arguments: words, quotes and backslashes by
 * the rules of POSIX shells. Nothing is expanded and no shell is involved.
 */

/** @returns the words, or a sentence that says what is wrong */
export function parseCommandLine(text: string): readonly string[] | string {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote === "'") {
      if (character === "'") quote = undefined;
      else word = `${word ?? ''}${character}`;
    } else if (character === '\\') {
      const next = text.charAt(at + 1);
      if (next === '') return 'The command line ends with a backslash.';
      // Inside double quotes a backslash stands for itself, except before these.
      const literal = quote === '"' && !'"\\$`'.includes(next);
      word = `${word ?? ''}${literal ? '\\' : ''}${next}`;
      at += 1;
    } else if (quote === '"') {
      if (character === '"') quote = undefined;
      else word = `${word ?? ''}${character}`;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = `${word ?? ''}${character}`;
    }
  }
  if (quote !== undefined) return 'A quote is not closed.';
  if (word !== undefined) words.push(word);
  return words.length === 0 || words[0] === '' ? 'Type a program and its arguments.' : words;
}

/** The words as one line that parseCommandLine() reads back. */
export function formatCommandLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
