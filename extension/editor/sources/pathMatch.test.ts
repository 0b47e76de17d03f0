/** Recorded source paths find their file here, or no file rather than a wrong one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { commonEnd, longestCommonEnd, mapped, normalize, resolveVariables } from './pathMatch.ts';

test('the longest directory of the map wins, and only whole components count', () => {
  const map = { '/build': '/a', '/build/src/': '/b', '/buildroot': '/c' };
  assert.equal(mapped('/build/src/x/y.cpp', map), '/b/x/y.cpp');
  assert.equal(mapped('/build/lib/y.cpp', map), '/a/lib/y.cpp');
  assert.equal(mapped('/build/src/../lib/y.cpp', map), '/a/lib/y.cpp');
  assert.equal(mapped('/builder/y.cpp', map), undefined);
  assert.equal(mapped('/y.cpp', {}), undefined);
});

test('a single file and the root can be mapped', () => {
  assert.equal(mapped('/tmp/gen.cpp', { '/tmp/gen.cpp': '/w/gen.cpp' }), '/w/gen.cpp');
  assert.equal(mapped('/x/y.cpp', { '/': '/w' }), '/w/x/y.cpp');
});

test('common ends count components', () => {
  assert.equal(commonEnd('/build/src/net/io.cpp', '/home/me/net/io.cpp'), 2);
  assert.equal(commonEnd('src/io.cpp', '/src/io.cpp'), 2);
  assert.equal(commonEnd('/audio.cpp', '/io.cpp'), 0);
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1 }), (parts) => {
      const path = `/${parts.join('/')}`;
      assert.equal(commonEnd(path, `/other${path}`), parts.length);
      assert.equal(commonEnd(`/other${path}`, path), parts.length);
    }),
  );
});

test('the best candidate wins; equally good ones are ambiguous', () => {
  const recorded = '/ci/build/app/net/io.cpp';
  assert.deepEqual(longestCommonEnd(recorded, ['/w/fs/io.cpp', '/w/net/io.cpp']), {
    kind: 'found',
    path: '/w/net/io.cpp',
  });
  assert.deepEqual(longestCommonEnd(recorded, ['/w/a/net/io.cpp', '/w/b/net/io.cpp']), {
    kind: 'ambiguous',
    paths: ['/w/a/net/io.cpp', '/w/b/net/io.cpp'],
  });
  assert.deepEqual(longestCommonEnd(recorded, []), { kind: 'none' });
});

test('the workspace folder is put in, and entries that need one are dropped without it', () => {
  const map = { '/build': '${workspaceFolder}/src', '/x': '/y' };
  assert.deepEqual(resolveVariables(map, '/w'), { '/build': '/w/src', '/x': '/y' });
  assert.deepEqual(resolveVariables(map, undefined), { '/x': '/y' });
});

test('normalizing twice changes nothing', () => {
  fc.assert(
    fc.property(fc.string(), (path) => {
      assert.equal(normalize(normalize(path)), normalize(path));
    }),
  );
});
