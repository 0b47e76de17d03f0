/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every map: key, value, and why this type and this size. Sizes of 1 are set by the agent before
 * it loads the object (agent/sniffer/heap_object.cpp).
 */
#ifndef LEAKLENS_MAPS_H
#define LEAKLENS_MAPS_H

#include "bpf/shared.h"

/* Known when loading, so that the verifier folds it. A section of its own gives it a map of its
 * own, and the agent an address without knowledge of the layout. */
const volatile struct ll_config ll_config SEC(".rodata.config");

/* Mapped into the agent, which writes it with plain stores. */
volatile struct ll_control ll_control SEC(".data.control");

/* Row number -> unwind row, of all files that any capture of this agent needs. An array, because a
 * binary search touches many entries and the JIT turns an array look-up into an addition; mapped
 * into the agent, which fills in 100,000 rows without a system call each. Shared by all captures:
 * two processes with one libc load its rows once. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct ll_unwind_row);
} ll_rows SEC(".maps");

/* Page of text (1 << LL_INDEX_SHIFT bytes) -> its rows: a handful to search instead of a whole
 * file's. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct ll_index_entry);
} ll_row_index SEC(".maps");

/* Two tables of executable mappings, each sorted by address: the agent fills the one that is not
 * in use and then points ll_control.module_table at it. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 2 * LL_MAX_MODULES);
    __type(key, __u32);
    __type(value, struct ll_module);
} ll_modules SEC(".maps");

/* An allocator call that has been entered and not left, and the room in which its stack is
 * unwound. A program can be preempted by another thread's on the same processor, so per-CPU
 * scratch memory would be shared by two unwindings; memory of the thread itself cannot be. */
struct ll_thread {
    __u64 entry_sp; /* of the outermost call: its return leaves the stack pointer 8 above */
    __u64 size;
    __u64 pointer;             /* realloc: the old block; posix_memalign: where the result goes */
    struct ll_block old_block; /* realloc: taken out of the table until the outcome is known */
    __u8 active;
    __u8 shape;
    __u8 has_old_block;
    __u8 mapping; /* 0, or enum ll_pending_mapping */
    __u32 unused;
    __u64 mapping_address; /* mremap: the old range */
    __u64 mapping_old_length;
    __u64 mapping_length;
    struct ll_stack_event stack;
};

/* Thread id -> its state. Entries are made on a thread's first call and removed by the agent when
 * the thread is gone; allocated on demand, for a kilobyte each is too much to keep for nobody. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct ll_thread);
} ll_threads SEC(".maps");

/* A zeroed ll_thread to copy from: it is too large for the BPF stack. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct ll_thread);
} ll_thread_template SEC(".maps");

/* Address -> live block. Allocated on demand: most targets need a fraction of the limit. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1);
    __type(key, __u64);
    __type(value, struct ll_block);
} ll_blocks SEC(".maps");

/* (stack, cohort) -> counters. A cohort's entry goes when its last block is freed (the agent folds
 * it into its own sums), so a stack that frees what it allocates holds one or two. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, struct ll_counter_key);
    __type(value, struct ll_counter);
} ll_counters SEC(".maps");

/* (stack of the allocation, stack of the free) -> blocks: where a stack's blocks are released tells
 * where the leaking ones should have been. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 8192);
    __type(key, struct ll_free_site_key);
    __type(value, __u64);
} ll_free_sites SEC(".maps");

/* Stacks that the agent has been told of. The value means nothing. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, __u64);
    __type(value, __u8);
} ll_stacks SEC(".maps");

/* New stacks and mapping events, in the order in which they happened: rare beside allocations, so
 * 1 MiB holds a thousand of the deepest stacks between two polls. */
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, LL_RING_BYTES);
} ll_events SEC(".maps");

/* One entry: struct ll_totals. Per processor, so that threads do not fight for its cache line. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct ll_totals);
} ll_totals SEC(".maps");

#endif
