/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
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

#endif
