/**
 * Text that came from a traced process (symbol names, paths, process names), made safe to show.
 *
 * A process may call itself anything. What reaches a label must not move the cursor, reverse the
 * reading direction, turn into one of the editor's icons, or become Markdown.
 */

/** Controls, bidirectional overrides, zero-width and other invisible characters. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

/** One line of visible text, at most `limit` characters; the cut end is shown as an ellipsis. */
export function plain(text: string, limit = 200): string {
  const line = text.replace(invisible, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}

/** Like plain(), for labels in which the editor replaces `$(name)` by an icon. */
export function plainLabel(text: string, limit = 200): string {
  return plain(text, limit).replaceAll('$(', '\\$(');
}

/**
 * Escapes text for the editor's Markdown: every ASCII punctuation character is written with a
 * backslash, which CommonMark defines to be the literal character (section 2.4), and `<` and `&`
 * as entities, so that no tag and no entity can arise.
 */
export function markdownText(text: string, limit = 300): string {
  return plain(text, limit).replace(/[!-/:-@[-`{-~]/g, (character) =>
    character === '<' ? '&lt;' : character === '&' ? '&amp;' : `\\${character}`,
  );
}

const brackets = '<>(){}[]';
/** Private-use characters stand for brackets that belong to a name. */
const mask = (text: string): string =>
  text.replace(/[<>(){}[\]]/g, (bracket) =>
    String.fromCharCode(0xe000 + brackets.indexOf(bracket)),
  );
const unmask = (text: string): string =>
  text.replace(/[\ue000-\ue007]/g, (masked) => brackets.charAt(masked.charCodeAt(0) - 0xe000));

/**
 * A demangled name without its parameters, template arguments and return type: what a person calls
 * the function. "void store<int>(int)::{lambda()#1}::operator()() const" becomes
 * "store::(lambda)::operator()".
 */
export function shortFunction(demangled: string): string {
  const name = plain(demangled, 2000);
  if (name === '') return 'unknown function';
  let short = name
    .replaceAll('(anonymous namespace)', mask('(anonymous)'))
    .replace(/\{lambda\(.*?\)(#\d+)?\}/g, mask('(lambda)'))
    .replace(/\boperator\s*(\(\)|\[\]|<=>|<<=?|>>=?|->\*?|<=?|>=?)/g, mask);
  // Innermost groups go first, until none is left.
  for (let previous = ''; previous !== short;) {
    previous = short;
    short = short.replace(/<[^<>(){}[\]]*>|\([^<>(){}[\]]*\)|\[[^<>(){}[\]]*\]/g, '');
  }
  short = short.replace(/\bconst\b/g, '').trim();
  // The return type of a template function comes before its name; "operator new" has a space too.
  const words = short.split(/(?<!\boperator)\s+/);
  return plain(unmask(words.at(-1) ?? short), 120) || plain(name, 120);
}
