import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dashboardHtml } from './html.ts';

const parts = {
  nonce: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0Vniw',
  cspSource: 'https://*.vscode-cdn.net',
  scriptUri: 'https://file+.vscode-resource.vscode-cdn.net/ext/main.js?a=1&b="2"',
  styleUri: 'https://file+.vscode-resource.vscode-cdn.net/ext/main.css',
};

test('the policy allows the one script by its nonce, the style sheet, and nothing else', () => {
  const html = dashboardHtml(parts);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
  assert.equal(
    policy,
    "default-src 'none'; script-src 'nonce-q83vEjRWeJCrze8SNFZ4kKvN7xI0Vniw'; " +
      "style-src https://*.vscode-cdn.net; base-uri 'none'; form-action 'none'",
  );
});

test('the page has no inline script and no inline style, and addresses are escaped', () => {
  const html = dashboardHtml(parts);
  assert.equal(html.match(/<script/g)?.length, 1);
  assert.match(html, /<script nonce="[^"]+" src="[^"]+"><\/script>/);
  assert.doesNotMatch(html, /<style|style=|onload=|javascript:/);
  assert.match(html, /main\.js\?a=1&amp;b=&quot;2&quot;"/);
});

test('a nonce that is short, or none at all, is refused', () => {
  assert.throws(() => dashboardHtml({ ...parts, nonce: 'abc' }), /nonce/);
  assert.throws(() => dashboardHtml({ ...parts, nonce: `${parts.nonce}"><script>` }), /nonce/);
});
