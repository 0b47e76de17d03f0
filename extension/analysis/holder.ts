/**
 * What holds a block, as far as its call stack tells: the library functions between the allocator
 * and the user's own code name the container that asked for it.
 *
 * The distinction that matters is whether things are looked up by a key. Whoever keeps things by
 * key means to find them again, and such a store is often bounded: a cache, an interning table, a
 * session store. While it fills it cannot be told from a leak by any number. A list or a vector that
 * is only appended to has no such excuse.
 */
import { plainName, wordsOf } from './function-name.ts';
import type { Holder, StackFrame } from './report.ts';

/** Keyed containers of libstdc++, libc++, Abseil, Boost, Folly, Qt and parallel-hashmap. */
const KEYED =
  /(?:^|[\s:])(?:_Hashtable\w*|_Map_base|_Rb_tree|unordered_(?:flat_|node_)?(?:multi)?(?:map|set)|(?:flat_|node_|btree_)?(?:multi)?(?:map|set)|_ReuseOrAllocNode|_Hashtable_alloc|__hash_table|__tree|raw_hash_set|(?:flat|node)_hash_(?:map|set)|F14\w*|QHash\w*|QMap\w*|ConcurrentHashMap\w*|concurrent_hash_map|robin_\w+)(?:::|$)/;

/** Node types that an allocator's template argument names. */
const KEYED_NODE = /_Hash_node|_Rb_tree_node|__hash_node|__tree_node|__hash_value_type/;

/** Containers without keys. */
const SEQUENCE =
  /(?:^|[\s:])(?:vector|_Vector_base|list|_List_base|__cxx11::_List_base|forward_list|_Fwd_list_base|deque|_Deque_base|basic_string|__split_buffer|InlinedVector|small_vector|QList|QVector)(?:::|$)/;

/**
 * @param frames innermost first
 * @param blamed index of the owned frame
 */
export function holderOf(frames: readonly StackFrame[], blamed: number): Holder {
  const end = blamed < 0 ? frames.length : blamed;
  let holder: Holder = 'direct';
  for (const frame of frames.slice(0, end)) {
    const plain = plainName(frame.function);
    if (KEYED.test(plain) || KEYED_NODE.test(frame.function)) return 'keyed container';
    if (SEQUENCE.test(plain)) holder = 'sequence';
  }
  return holder;
}

/** The word in a frame's function or class name that announces a bound, if there is one. */
export function boundedWord(
  frame: StackFrame | undefined,
  words: readonly string[],
): string | undefined {
  if (frame === undefined) return undefined;
  return wordsOf(frame.function).find((word) => words.includes(word));
}
