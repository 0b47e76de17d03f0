/** Hostile text from a traced process stays one harmless line, and names stay readable. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { markdownText, plain, plainLabel, shortFunction } from './untrusted.ts';

test('controls, line breaks and direction overrides do not survive', () => {
  assert.equal(plain('a\u001b[31mb\nc\u202Egnp.exe'), 'a [31mb c gnp.exe');
  assert.equal(plain('x'.repeat(300), 10), `${'x'.repeat(9)}…`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(plain(text), /[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }),
  );
});

test('an icon in a process name stays text', () => {
  assert.equal(plainLabel('$(alert) me'), '\\$(alert) me');
});

test('Markdown in a symbol name stays text', () => {
  assert.equal(markdownText('[x](command:evil)'), '\\[x\\]\\(command\\:evil\\)');
  assert.equal(markdownText('<img src=x>&amp;'), '&lt;img src\\=x\\>&amp;amp\\;');
  fc.assert(
    fc.property(fc.string(), (text) => {
      const escaped = markdownText(text);
      assert.doesNotMatch(escaped, /(?<!\\)[[\]()`*_|#!~]|[<]/);
    }),
  );
});

test('a function is called by its name', () => {
  const cases: [string, string][] = [
    ['handle_request(int)', 'handle_request'],
    ['std::vector<int, std::allocator<int> >::push_back(int const&)', 'std::vector::push_back'],
    ['void store<int>(int)', 'store'],
    ['ns::Foo::bar() const', 'ns::Foo::bar'],
    ['(anonymous namespace)::remember(Session*)', '(anonymous)::remember'],
    ['main::{lambda(int)#1}::operator()(int) const', 'main::(lambda)::operator()'],
    ['operator new(unsigned long)', 'operator new'],
    ['std::ostream& operator<< <char>(std::ostream&, char)', 'operator<<'],
    ['bool Table::operator<(Table const&) const', 'Table::operator<'],
    ['Map::operator[](Key const&)', 'Map::operator[]'],
    ['main', 'main'],
    ['', 'unknown function'],
  ];
  for (const [demangled, expected] of cases) assert.equal(shortFunction(demangled), expected);
  fc.assert(fc.property(fc.string(), (text) => shortFunction(text).length > 0));
});
