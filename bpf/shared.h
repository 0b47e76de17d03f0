/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What kernel and agent share: the structs that cross a map or the ring buffer, and the limits
 * that both sides must agree on. Compiled as C (clang -target bpf) and as C++20.
 */
#ifndef LEAKLENS_SHARED_H
#define LEAKLENS_SHARED_H

#ifdef __cplusplus
#include <cstdint>
typedef std::uint8_t ll_u8;
typedef std::uint16_t ll_u16;
typedef std::uint32_t ll_u32;
typedef std::uint64_t ll_u64;
typedef std::int16_t ll_s16;
typedef std::int32_t ll_s32;
typedef std::int64_t ll_s64;
#define LL_STATIC_ASSERT static_assert
#else
typedef __u8 ll_u8;
typedef __u16 ll_u16;
typedef __u32 ll_u32;
typedef __u64 ll_u64;
typedef __s16 ll_s16;
typedef __s32 ll_s32;
typedef __s64 ll_s64;
#define LL_STATIC_ASSERT _Static_assert
#endif

enum {
    LL_MAX_FRAMES = 127,        /* deeper stacks are cut at the root side, and counted */
    LL_MAX_MODULES = 1024,      /* executable mappings that can be unwound in one target */
    LL_INDEX_SHIFT = 8,         /* one entry of the row index per 256 bytes of text */
    LL_ROW_SEARCH_STEPS = 9,    /* halvings inside an index page: 256 one-byte rows at most */
    LL_MODULE_SEARCH_STEPS = 11 /* log2(LL_MAX_MODULES) + 1 */
};

/* How the canonical frame address (CFA) of a row is computed. Value 0 is never stored on purpose:
 * a zeroed row must not look usable. */
enum ll_cfa_rule {
    LL_CFA_NONE = 0,      /* no unwind information here: fall back to the frame pointer */
    LL_CFA_RSP = 1,       /* rsp + offset */
    LL_CFA_RBP = 2,       /* rbp + offset */
    LL_CFA_RBP_DEREF = 3, /* *(rbp + offset): functions that realign their stack */
    LL_CFA_PLT = 4,       /* rsp + 8 + ((rip & 15) >= offset ? 8 : 0): lazy-binding stubs */
    LL_CFA_SIGNAL = 5,    /* the kernel's signal frame: a whole ucontext lies at rsp */
    LL_CFA_END = 6        /* the outermost frame (return address undefined) */
};

/* Where the caller's rbp is. */
enum ll_rbp_rule {
    LL_RBP_SAME = 0,   /* still in the register */
    LL_RBP_AT_CFA = 1, /* *(CFA + rbp_offset) */
    LL_RBP_AT_RBP = 2, /* *(rbp + rbp_offset): functions that realign their stack */
    LL_RBP_LOST = 3    /* undefined */
};

/* One row holds from its pc up to the next row's pc. Rows of a module are sorted by pc. The return
 * address is at CFA - 8 in every rule but LL_CFA_SIGNAL and LL_CFA_END. */
struct ll_unwind_row {
    ll_u32 pc; /* ELF virtual address, minus the image's lowest PT_LOAD address */
    ll_s32 cfa_offset;
    ll_s16 rbp_offset;
    ll_u8 cfa_rule; /* enum ll_cfa_rule */
    ll_u8 rbp_rule; /* enum ll_rbp_rule */
};
LL_STATIC_ASSERT(sizeof(struct ll_unwind_row) == 12, "rows are counted by the hundred thousand");

/* The rows that begin in one page of text, and the one that holds at its first byte. */
struct ll_index_entry {
    ll_u32 first;
    ll_u32 last;
};

/* An executable mapping of the target. Sorted by start in the module table. */
struct ll_module {
    ll_u64 start; /* addresses in the target */
    ll_u64 end;
    ll_u64 bias;        /* address - bias is what the rows' pc counts */
    ll_u32 index_first; /* first entry of this file in the row index */
    ll_u32 index_count; /* its pages of text */
};

/* How unwinding a stack ended. The order is the wire's. */
enum ll_stack_end { LL_END_COMPLETE = 0, LL_END_TRUNCATED = 1, LL_END_GUESSED = 2 };

enum { LL_RING_BYTES = 1 << 20 };
/* What a stack does. The order is the wire's. */
enum ll_stack_kind { LL_STACK_HEAP = 0, LL_STACK_MAPPING = 1, LL_STACK_FREE = 2 };

enum ll_event_type { LL_EVENT_STACK = 1, LL_EVENT_MAP = 2, LL_EVENT_UNMAP = 3 };

/* A call stack that was seen for the first time. */
struct ll_stack_event {
    ll_u32 type;
    ll_u16 frames;
    ll_u8 end;    /* enum ll_stack_end */
    ll_u8 kind;   /* enum ll_stack_kind */
    ll_u64 stack; /* hash of the frames: the stack's key in every map */
    ll_u64 address[LL_MAX_FRAMES + 1];
};

/* An anonymous mapping came or went. A move by mremap is an unmap and a map. */
struct ll_mapping_event {
    ll_u32 type;
    ll_u32 cohort;
    ll_u64 address;
    ll_u64 length;
    ll_u64 stack; /* 0 for LL_EVENT_UNMAP */
};

/* A live block: key of the map is its address. */
struct ll_block {
    ll_u64 size;
    ll_u64 stack;
    ll_u32 cohort;
    ll_u32 unused;
};

/* Blocks of one stack that were born in one cohort. All cumulative. */
struct ll_counter_key {
    ll_u64 stack;
    ll_u32 cohort;
    ll_u32 unused;
};
struct ll_counter {
    ll_u64 allocations;
    ll_u64 allocated_bytes;
    ll_u64 frees;
    ll_u64 freed_bytes;
};

/* Blocks of one allocation stack that were freed from one other stack: an estimate, for only some
 * frees are looked at (LL_FREES_ALL, LL_FREES_ONE_IN). */
struct ll_free_site_key {
    ll_u64 stack;
    ll_u64 free_stack;
};
enum {
    LL_FREES_ALL = 4,    /* the first frees of each (stack, cohort) */
    LL_FREES_ONE_IN = 64 /* and one in so many of the rest, which counts for as many */
};

/* The shapes of allocator functions, by how arguments and result are read. The order is that of
 * AllocatorShape in agent/probes/probe_plan.h. */
enum ll_shape {
    LL_MALLOC,
    LL_CALLOC,
    LL_REALLOC,
    LL_REALLOCARRAY,
    LL_MEMALIGN,
    LL_ALIGNED_NEW,
    LL_POSIX_MEMALIGN,
    LL_FREE,
    LL_SHAPES
};

/* One counter for each way in which something can be lost. */
enum ll_loss {
    LL_LOSS_BLOCKS_FULL,
    LL_LOSS_STACKS_FULL,
    LL_LOSS_COUNTERS_FULL,
    LL_LOSS_THREADS_FULL,
    LL_LOSS_RING_FULL,
    LL_LOSS_STACKS_TRUNCATED,
    LL_LOSS_STACKS_GUESSED,
    LL_LOSS_RETURNS_MISSED,
    LL_LOSS_FREES_MISSED,
    LL_LOSS_FREE_SITES_FULL,
    LL_LOSS_KINDS
};

/* Sums over everything, one instance per processor. */
struct ll_totals {
    ll_u64 allocations;
    ll_u64 allocated_bytes;
    ll_u64 frees;
    ll_u64 freed_bytes;
    ll_u64 unknown_frees;
    ll_u64 failed_allocations;
    ll_u64 entry_hits[LL_SHAPES];
    ll_u64 return_hits;
    ll_u64 mapping_hits;
    /* Run time of the programs, measured on one hit in LL_TIMED_HITS. */
    ll_u64 timed_hits;
    ll_u64 timed_ns;
    ll_u64 losses[LL_LOSS_KINDS];
};
enum { LL_TIMED_HITS = 64 };

/* Written by the agent before loading: the verifier folds it into the programs. */
struct ll_config {
    ll_u64 pid_namespace_device; /* 0: process ids of the initial namespace */
    ll_u64 pid_namespace_inode;
    ll_u32 tgid; /* the one process that is captured */
    ll_u32 unused;
};

/* Written by the agent while the programs run. */
struct ll_control {
    /* First entry (high half) and length (low half) of the module table in use: one word, so that
     * a reader never sees the one without the other. */
    ll_u64 module_table;
    ll_u32 cohort;
    ll_u32 disarmed; /* enum ll_disarmed; unless 0, programs return at once */
};
enum ll_disarmed { LL_ARMED = 0, LL_DISARMED_BY_AGENT = 1, LL_DISARMED_BY_EXEC = 2 };

#endif
