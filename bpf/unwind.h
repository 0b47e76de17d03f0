/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stack unwinding from .eh_frame rows, as the DWARF standard's section on call frame information
 * describes it, reduced to what compilers emit for x86-64 (see shared.h). Where no row covers an
 * address the frame pointer is tried, and the stack says so.
 */
#ifndef LEAKLENS_UNWIND_H
#define LEAKLENS_UNWIND_H

#include "bpf/loss.h"

/* Part of a thread's state where unwinding takes several programs (LL_NO_BPF_LOOP). */
struct unwind_state {
    __u64 ip;
    __u64 sp;
    __u64 bp;
    __u64 hash;
    __u64 module_start; /* the last frame's module: the next frame is often in the same */
    __u64 module_end;
    __u64 module_bias;
    __u32 index_first;
    __u32 index_count;
    __u32 frames;
    __u8 end; /* enum ll_stack_end, valid once done */
    __u8 done;
    __u8 exact; /* ip is the instruction itself (interrupted), not a return address behind it */
    __u8 unused;
    struct ll_stack_event* stack;
};

/* Offsets into the ucontext that the kernel leaves at rsp for a signal handler's return. */
enum { UCONTEXT_RBP = 120, UCONTEXT_RSP = 160, UCONTEXT_RIP = 168 };

static __always_inline int read_user(void* to, __u32 size, __u64 from) {
    return bpf_probe_read_user(to, size, (const void*)from);
}

/* Finds the module that holds pc and remembers it in the state. Returns 0 when there is none. */
static __always_inline int find_module(struct unwind_state* s, __u64 pc) {
    __u64 table = ll_control.module_table;
    __u32 low = table >> 32, count = (__u32)table;
    const struct ll_module* found;

    if (pc >= s->module_start && pc < s->module_end) return 1;
    if (!count) return 0;
    for (int step = 0; step < LL_MODULE_SEARCH_STEPS; step++) {
        __u32 half = count / 2, middle = low + half;
        const struct ll_module* module;

        if (count <= 1) break;
        module = bpf_map_lookup_elem(&ll_modules, &middle);
        if (!module) return 0;
        if (module->start <= pc) {
            low = middle;
            count -= half;
        } else {
            count = half;
        }
    }
    found = bpf_map_lookup_elem(&ll_modules, &low);
    if (!found || pc < found->start || pc >= found->end) return 0;
    s->module_start = found->start;
    s->module_end = found->end;
    s->module_bias = found->bias;
    s->index_first = found->index_first;
    s->index_count = found->index_count;
    return 1;
}

/* Returns the row that holds at pc, or NULL. */
static __always_inline const struct ll_unwind_row* find_row(struct unwind_state* s, __u64 pc) {
    const struct ll_index_entry* rows;
    __u64 offset, page;
    __u32 key, low, count;

    if (!find_module(s, pc)) return 0;
    offset = pc - s->module_bias;
    page = offset >> LL_INDEX_SHIFT;
    if (page >= s->index_count) return 0;
    key = s->index_first + (__u32)page;
    rows = bpf_map_lookup_elem(&ll_row_index, &key);
    if (!rows) return 0;
    low = rows->first;
    count = rows->last - low + 1;
    for (int step = 0; step < LL_ROW_SEARCH_STEPS; step++) {
        __u32 half = count / 2, middle = low + half;
        const struct ll_unwind_row* row;

        if (count <= 1) break;
        row = bpf_map_lookup_elem(&ll_rows, &middle);
        if (!row) return 0;
        if (row->pc <= (__u32)offset) {
            low = middle;
            count -= half;
        } else {
            count = half;
        }
    }
    return bpf_map_lookup_elem(&ll_rows, &low);
}

/* One step up by the frame pointer: a guess, for nothing says that rbp is one here. */
static __always_inline int step_by_frame_pointer(struct unwind_state* s) {
    __u64 saved[2];

    s->end = LL_END_GUESSED;
    if (s->bp < s->sp || (s->bp & 7) || read_user(saved, sizeof(saved), s->bp)) return 1;
    s->sp = s->bp + 16;
    s->bp = saved[0];
    s->ip = saved[1];
    s->exact = 0;
    return s->ip == 0;
}

static __always_inline int step_by_row(struct unwind_state* s, const struct ll_unwind_row* row) {
    __u64 cfa, bp_address, pair[2];
    __s32 offset = row->cfa_offset;
    __u8 rbp_rule = row->rbp_rule;

    switch (row->cfa_rule) {
        case LL_CFA_RSP:
            cfa = s->sp + offset;
            break;
        case LL_CFA_RBP:
            cfa = s->bp + offset;
            break;
        case LL_CFA_RBP_DEREF:
            if (read_user(&cfa, sizeof(cfa), s->bp + offset)) goto cut;
            break;
        case LL_CFA_PLT:
            cfa = s->sp + 8 + ((s->ip & 15) >= (__u32)offset ? 8 : 0);
            break;
        case LL_CFA_SIGNAL:
            if (read_user(pair, sizeof(pair), s->sp + UCONTEXT_RSP)) goto cut;
            if (read_user(&s->bp, sizeof(s->bp), s->sp + UCONTEXT_RBP)) goto cut;
            s->sp = pair[0];
            s->ip = pair[1];
            s->exact = 1;
            return 0;
        case LL_CFA_END:
            return 1;
        default:
            return step_by_frame_pointer(s);
    }
    /* The stack grows downwards: a caller's frame never lies below its callee's. */
    if (cfa <= s->sp) goto cut;
    if (rbp_rule == LL_RBP_AT_CFA && row->rbp_offset == -16) {
        /* The usual `push %rbp` on entry: rbp and the return address lie side by side. */
        if (read_user(pair, sizeof(pair), cfa - 16)) goto cut;
        s->bp = pair[0];
        s->ip = pair[1];
    } else {
        if (read_user(&pair[1], sizeof(pair[1]), cfa - 8)) goto cut;
        if (rbp_rule == LL_RBP_AT_CFA || rbp_rule == LL_RBP_AT_RBP) {
            bp_address = (rbp_rule == LL_RBP_AT_CFA ? cfa : s->bp) + (__s64)row->rbp_offset;
            if (read_user(&s->bp, sizeof(s->bp), bp_address)) goto cut;
        } else if (rbp_rule == LL_RBP_LOST) {
            s->bp = 0;
        }
        s->ip = pair[1];
    }
    s->sp = cfa;
    s->exact = 0;
    /* Some libraries end their threads' stacks with a zero instead of a rule. */
    return s->ip == 0;
cut:
    s->end = LL_END_TRUNCATED;
    return 1;
}

/* Records the frame at s->ip and moves to its caller. Returns 1 when the stack has ended. */
static __always_inline int unwind_step(struct unwind_state* s) {
    const struct ll_unwind_row* row;
    __u64 pc = s->ip - !s->exact;
    __u32 slot = s->frames;

    if (slot >= LL_MAX_FRAMES) {
        s->end = LL_END_TRUNCATED;
        s->done = 1;
        return 1;
    }
    s->stack->address[slot] = pc;
    s->frames = slot + 1;
    /* A multiply-and-fold hash: each frame's bits reach all others'. */
    s->hash = (s->hash ^ pc) * 0x9E3779B97F4A7C15ull;
    s->hash ^= s->hash >> 32;
    row = find_row(s, pc);
    s->done = row ? step_by_row(s, row) : step_by_frame_pointer(s);
    return s->done;
}

static __always_inline void begin_unwind(struct unwind_state* s, struct ll_stack_event* stack,
                                         __u64 ip, __u64 sp, __u64 bp) {
    __builtin_memset(s, 0, sizeof(*s));
    s->ip = ip;
    s->sp = sp;
    s->bp = bp;
    s->hash = 0x6C65616B6C656E73ull;
    s->stack = stack;
}

/* Completes the event, and names the stack by the hash of its frames, which is never 0. */
static __always_inline void end_unwind(const struct unwind_state* s, struct ll_stack_event* stack) {
    if (s->end == LL_END_TRUNCATED) count_loss(LL_LOSS_STACKS_TRUNCATED);
    if (s->end == LL_END_GUESSED) count_loss(LL_LOSS_STACKS_GUESSED);
    stack->type = LL_EVENT_STACK;
    stack->frames = s->frames;
    stack->end = s->end;
    stack->stack = s->hash | 1;
}

#ifndef LL_NO_BPF_LOOP

static long unwind_loop_body(__u32 index, void* context) {
    (void)index;
    return unwind_step(context);
}

/* Unwinds from a caller's registers (ip is a return address) into `stack`. */
static __always_inline void unwind(struct ll_stack_event* stack, __u64 ip, __u64 sp, __u64 bp) {
    struct unwind_state s;

    begin_unwind(&s, stack, ip, sp, bp);
    bpf_loop(LL_MAX_FRAMES + 1, unwind_loop_body, &s, 0);
    end_unwind(&s, stack);
}

#endif

#endif
