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

function holderByName(name: string): Holder {
  if (KEYED_NODE.test(name)) return 'keyed container';
  const plain = plainName(name);
  if (KEYED.test(plain)) return 'keyed container';
  return SEQUENCE.test(plain) ? 'sequence' : 'direct';
}

/** Reads stacks, and remembers the names that it has read: the same ones occur in many stacks. */
export class HolderReader {
  readonly #byName = new Map<string, Holder>();

  /**
   * @param frames innermost first
   * @param blamed index of the owned frame
   */
  holderOf(frames: readonly StackFrame[], blamed: number): Holder {
    const end = blamed < 0 ? frames.length : blamed;
    let holder: Holder = 'direct';
    for (let i = 0; i < end; i += 1) {
      const name = frames[i]?.function ?? '';
      let found = this.#byName.get(name);
      if (found === undefined) {
        found = holderByName(name);
        this.#byName.set(name, found);
      }
      if (found === 'keyed container') return found;
      if (found === 'sequence') holder = found;
    }
    return holder;
  }
}

/** Owned frames, from the allocation outwards, whose names may announce a bound. */
const NAMED_FRAMES = 2;

/** The word in the name of the blamed function, its class or its caller that announces a bound. */
export function boundedWord(
  frames: readonly StackFrame[],
  words: readonly string[],
): string | undefined {
  const named = frames.filter((frame) => frame.owned).slice(0, NAMED_FRAMES);
  return named.flatMap((frame) => wordsOf(frame.function)).find((word) => words.includes(word));
}
