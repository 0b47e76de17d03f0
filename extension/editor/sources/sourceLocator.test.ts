/** The order in which a source is looked for, and what is remembered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FileFinder, SourceLocator } from './sourceLocator.ts';

function finder(files: readonly string[]): FileFinder & { asked: number } {
  return {
    asked: 0,
    exists(path) {
      this.asked += 1;
      return Promise.resolve(files.includes(path));
    },
    named: (name) => Promise.resolve(files.filter((file) => file.endsWith(`/${name}`))),
  };
}

test('the map comes first, then the path itself, then the common end', async () => {
  const locator = new SourceLocator(finder(['/build/a.cpp', '/mine/a.cpp', '/w/src/b.cpp']));
  assert.deepEqual(await locator.locate('/build/a.cpp'), {
    kind: 'found',
    path: '/build/a.cpp',
    by: 'path',
  });
  locator.setMap({ '/build': '/mine' });
  assert.deepEqual(await locator.locate('/build/a.cpp'), {
    kind: 'found',
    path: '/mine/a.cpp',
    by: 'map',
  });
  assert.deepEqual(await locator.locate('/ci/src/b.cpp'), {
    kind: 'found',
    path: '/w/src/b.cpp',
    by: 'end',
  });
});

test('a mapped file that does not exist does not hide the others', async () => {
  const locator = new SourceLocator(finder(['/w/a.cpp']));
  locator.setMap({ '/build': '/nowhere' });
  assert.equal((await locator.locate('/build/a.cpp')).kind, 'found');
});

test('ambiguity and absence are answers of their own', async () => {
  const locator = new SourceLocator(finder(['/w/1/a.cpp', '/w/2/a.cpp']));
  assert.equal((await locator.locate('/x/a.cpp')).kind, 'ambiguous');
  assert.equal((await locator.locate('/x/c.cpp')).kind, 'none');
  assert.equal((await locator.locate('/x/{a,b}.cpp')).kind, 'none');
  assert.equal((await locator.locate('')).kind, 'none');
});

test('answers are remembered until they are forgotten', async () => {
  const files = finder(['/a.cpp']);
  const locator = new SourceLocator(files);
  await locator.locate('/a.cpp');
  await locator.locate('/a.cpp');
  assert.equal(files.asked, 1);
  locator.forget();
  await locator.locate('/a.cpp');
  assert.equal(files.asked, 2);
});
