import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainName, stableName, wordsOf } from './function-name.ts';
import { boundedWord, HolderReader } from './holder.ts';
import { normalizePath, Ownership } from './ownership.ts';
import type { StackFrame } from './report.ts';
import { defaultThresholds } from './thresholds.ts';

const frame = (name: string, owned = false): StackFrame => ({
  function: name,
  inlined: false,
  module: '/home/user/server',
  address: '0x1',
  owned,
});

describe('names', () => {
  it('are read without template arguments and parameters', () => {
    assert.equal(
      plainName('void std::vector<std::map<int, A> >::push_back(A const&)'),
      'void std::vector::push_back',
    );
    assert.equal(plainName('Session::operator()(int) const'), 'Session::operator() const');
    assert.equal(plainName('operator new(unsigned long)'), 'operator new');
  });

  it('lose what a rebuild changes', () => {
    assert.equal(stableName('parse(int) [clone .constprop.0]'), 'parse(int)');
    assert.equal(stableName('parse.cold'), 'parse');
  });

  it('fall into words', () => {
    assert.deepEqual(wordsOf('LruCache::put_back(int)'), ['lru', 'cache', 'put', 'back']);
    const words = defaultThresholds.boundedNames;
    assert.equal(boundedWord([frame('LruCache::put(int)', true)], words), 'lru');
    assert.equal(boundedWord([frame('Internal::put(int)', true)], words), undefined);
  });
});

describe('holders', () => {
  const holds = (name: string): string =>
    new HolderReader().holderOf([frame(name), frame('own()', true)], 1);

  it('are keyed by the container or by its node', () => {
    for (const name of [
      'std::__new_allocator<std::__detail::_Hash_node<int, false> >::allocate(unsigned long)',
      'std::_Rb_tree<int, A>::_M_emplace_unique<int>(int&&)',
      'std::unordered_map<int, A>::operator[](int const&)',
      'std::__1::__tree<int>::__emplace_unique()',
      'absl::container_internal::raw_hash_set<P>::resize(unsigned long)',
    ]) {
      assert.equal(holds(name), 'keyed container', name);
    }
  });

  it('are sequences, whatever these hold', () => {
    assert.equal(holds('std::vector<std::map<int, A> >::_M_realloc_insert()'), 'sequence');
    assert.equal(holds('std::__cxx11::list<A>::push_back(A const&)'), 'sequence');
    assert.equal(holds('operator new(unsigned long)'), 'direct');
  });
});

describe('ownership', () => {
  const ownership = new Ownership(defaultThresholds.systemPaths, '/usr/bin/server');
  const libc = '/lib/x86_64-linux-gnu/libc.so.6';

  it('is by path, with dots resolved', () => {
    assert.equal(normalizePath('/usr/include/c++/12/bits/../x.h'), '/usr/include/c++/12/x.h');
    assert.equal(ownership.isSystemPath('/usr/include/c++/12/bits/stl_list.h'), true);
    assert.equal(ownership.isSystemPath('/opt/gcc-14/include/c++/14/list'), true);
    assert.equal(ownership.isSystemPath('/usr/src/app/main.cpp'), false);
    assert.equal(ownership.isSystemPath('/library/main.cpp'), false);
  });

  it('takes no relative path in a system library for the user’s', () => {
    assert.equal(ownership.ownsFile('./malloc/malloc.c', libc), false);
    assert.equal(ownership.ownsFile('src/main.cpp', '/usr/bin/server'), true);
    assert.equal(ownership.ownsFile(undefined, '/usr/bin/server'), false);
  });

  it('falls back to the first module that is not the system’s', () => {
    const frames = [
      { ...frame(''), module: libc },
      { ...frame(''), module: '/opt/app/lib.so' },
    ];
    assert.equal(ownership.blamed(frames), 1);
    assert.equal(ownership.blamed([{ ...frame(''), module: libc }]), -1);
  });
});
