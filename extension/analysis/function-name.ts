/**
 * Demangled C++ names, taken apart as far as judgements need it. Names are untrusted text of any
 * length; everything here is linear in it.
 */

/** Suffixes that compilers put on copies of a function: " [clone .isra.0]", ".cold". */
const CLONE = /\s*\[clone [^\]]*\]|\.(?:isra|constprop|part|cold|lto_priv|llvm|_omp_fn)(?:\.\d+)*/g;

/** The name as it is after any rebuild: without clone suffixes and the numbers of lambdas. */
export function stableName(name: string): string {
  return name.replace(CLONE, '').replace(/\{lambda\(([^)]*)\)#\d+\}/g, '{lambda($1)}');
}

/** The name without template arguments, parameters and what follows them: `std::list::push_back`. */
export function plainName(name: string): string {
  let depth = 0;
  let plain = '';
  for (let i = 0; i < name.length; i += 1) {
    const letter = name.charAt(i);
    const isOperator = plain.endsWith('operator') && depth === 0;
    if ((letter === '<' || letter === '(') && !isOperator) depth += 1;
    else if ((letter === '>' || letter === ')') && depth > 0) depth -= 1;
    else if (depth === 0) plain += letter;
  }
  return plain.trim();
}

/** The words of an identifier in lower case: `LruCache::put_back` has lru, cache, put, back. */
export function wordsOf(name: string): string[] {
  return plainName(name)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}
