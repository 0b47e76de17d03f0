/**
 * The line of a function's header, for the code lens above it, where no language extension can tell.
 *
 * A reading of lines and not a parser: it looks upwards from a line of the body for the function's
 * name before a parenthesis, outside of every nested block. Where that fails, the lens stands above
 * the line itself, which is right too, only less neat.
 */

/** A body longer than this is searched no further. */
const maxLines = 2000;

/**
 * @param lines the document; untrusted text
 * @param line a line of the body, from 0
 * @param shortName the function without parameters, such as "Pool::take"
 * @returns the header's line, from 0; `line` itself where none is found
 */
export function functionHeaderLine(
  lines: readonly string[],
  line: number,
  shortName: string,
): number {
  const name = /(operator\s*\W+|~?\w+)$/.exec(shortName)?.[1];
  if (name === undefined || name.startsWith('operator')) return line;
  const header = new RegExp(`(^|[^\\w.>~])${escape(name)}\\s*(<[^;]*>)?\\s*\\(`);
  // Blocks that are closed above the line are other scopes: what is in them is no header of ours.
  let closed = 0;
  for (let at = line; at >= 0 && line - at < maxLines; at -= 1) {
    const text = withoutComments(lines[at] ?? '');
    // A header may share its line with the whole body, so it is looked for before braces count.
    if (closed <= 0 && at <= line && header.test(text) && !/;\s*$|^\s*(return|else)\b/.test(text))
      return at;
    if (at === line) continue;
    for (let index = text.length - 1; index >= 0; index -= 1) {
      if (text.charAt(index) === '}') closed += 1;
      else if (text.charAt(index) === '{' && closed > 0) closed -= 1;
    }
  }
  return line;
}

function withoutComments(text: string): string {
  return text.replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/g, '""').replace(/\/\/.*$|\/\*.*?\*\//g, '');
}

function escape(name: string): string {
  return name.replace(/[^\w]/g, '\\$&');
}
