/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The malloc family: entry, return, free. Each successful allocation is charged to its call stack
 * and birth cohort, each free to those of the block that it frees.
 *
 * Compiled twice: as it is, and with LL_NO_BPF_LOOP for kernels before 5.17, whose unwinding is a
 * chain of tail calls, and which cannot trace direct mappings.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
/* These come after the kernel's own headers. */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/blocks.h"
#ifdef LL_NO_BPF_LOOP
#include "bpf/tail_unwind.h"
#else
#include "bpf/mapping.bpf.h"
#endif
#include "bpf/thread.h"

char LICENSE[] SEC("license") = "GPL";

/* Takes a block out of the table before its allocator can hand the address to another thread.
 * Returns 1 and fills *block when it was there, and this thread was the one to take it. */
static __always_inline int take_block(__u64 address, struct ll_block* block) {
    const struct ll_block* found = bpf_map_lookup_elem(&ll_blocks, &address);

    if (!found) return 0;
    *block = *found;
    return bpf_map_delete_elem(&ll_blocks, &address) == 0;
}

static __always_inline void count_unknown_free(void) {
    struct ll_totals* totals = totals_here();

    if (totals) LL_ADD(totals->unknown_frees, 1);
}

/* Settles the old block of a realloc: freed when the call succeeded, back in the table when not. */
static __always_inline void settle_old_block(struct ll_thread* thread, int freed) {
    struct ll_block old = thread->old_block;
    __u64 address = thread->pointer;

    if (!thread->has_old_block) {
        if (freed && address) count_unknown_free();
        return;
    }
    thread->has_old_block = 0;
    if (freed) {
        account_free(&old);
    } else if (bpf_map_update_elem(&ll_blocks, &address, &old, BPF_ANY)) {
        account_free(&old);
        count_loss(LL_LOSS_BLOCKS_FULL);
    }
}

/* Remembers an allocator call until its return. `pointer` is the old block of a realloc, or where
 * posix_memalign puts its result. Nested calls (calloc that calls malloc) count once, as the
 * outermost: the stack pointer tells which is which. */
static __always_inline int enter(struct pt_regs* ctx, enum ll_shape shape, __u64 size,
                                 __u64 pointer) {
    __u64 began = time_if_sampled(shape);
    __u64 sp = PT_REGS_SP(ctx);
    struct ll_thread* thread;
    __u32 tid;

    if (!is_target(&tid)) return 0;
    thread = thread_state(tid);
    if (!thread) return 0;
    if (thread->active) {
        if (sp < thread->entry_sp) return 0;
        if (sp == thread->entry_sp && thread->shape != shape) return 0; /* a tail call */
        /* The stack pointer is above the remembered call's: it was left without a return, by an
         * exception, a longjmp, or a return probe that the kernel dropped. */
        count_loss(LL_LOSS_RETURNS_MISSED);
        settle_old_block(thread, 1);
    }
    thread->active = 1;
    thread->shape = shape;
    thread->entry_sp = sp;
    thread->size = size;
    thread->pointer = pointer;
    thread->has_old_block = 0;
    if ((shape == LL_REALLOC || shape == LL_REALLOCARRAY) && pointer)
        thread->has_old_block = take_block(pointer, &thread->old_block);
    add_time(began);
    return 0;
}

#ifndef LL_NO_BPF_LOOP

/* Notes where a block is freed. The probe may sit behind free's first instruction, but the stack
 * pointer has not moved yet, so the caller's frame begins at the return address. */
static __always_inline void note_free_site(struct pt_regs* ctx, __u32 tid, __u64 stack,
                                           __u64 weight) {
    struct ll_thread* thread = thread_state(tid);
    struct ll_free_site_key key = {.stack = stack};
    __u64 return_address, *freed;

    if (!thread || read_user(&return_address, sizeof(return_address), PT_REGS_SP(ctx))) return;
    unwind(&thread->stack, return_address, PT_REGS_SP(ctx) + 8, PT_REGS_FP(ctx));
    thread->stack.kind = LL_STACK_FREE;
    if (announce_stack(&thread->stack)) return;
    key.free_stack = thread->stack.stack;
    freed = bpf_map_lookup_elem(&ll_free_sites, &key);
    if (freed) {
        LL_ADD(*freed, weight);
    } else if (bpf_map_update_elem(&ll_free_sites, &key, &weight, BPF_NOEXIST)) {
        count_loss(LL_LOSS_FREE_SITES_FULL);
    }
}

#endif

static __always_inline int enter_free(struct pt_regs* ctx) {
    __u64 began = time_if_sampled(LL_FREE);
    struct ll_block block;
    __u32 tid;

    if (!is_target(&tid)) return 0;
    if (take_block(PT_REGS_PARM1(ctx), &block)) {
        __u64 before = account_free(&block);

#ifndef LL_NO_BPF_LOOP
        if (before < LL_FREES_ALL) {
            note_free_site(ctx, tid, block.stack, 1);
        } else if (before % LL_FREES_ONE_IN == 0) {
            note_free_site(ctx, tid, block.stack, LL_FREES_ONE_IN);
        }
#else
        (void)before; /* one chain of tail calls a hit is enough */
#endif
    } else if (PT_REGS_PARM1(ctx)) {
        count_unknown_free();
    }
    add_time(began);
    return 0;
}

static __always_inline int enter_shape(struct pt_regs* ctx, enum ll_shape shape) {
    switch (shape) {
        case LL_MALLOC:
        case LL_ALIGNED_NEW:
            return enter(ctx, shape, PT_REGS_PARM1(ctx), 0);
        case LL_CALLOC:
            return enter(ctx, shape, PT_REGS_PARM1(ctx) * PT_REGS_PARM2(ctx), 0);
        case LL_REALLOC:
            return enter(ctx, shape, PT_REGS_PARM2(ctx), PT_REGS_PARM1(ctx));
        case LL_REALLOCARRAY:
            return enter(ctx, shape, PT_REGS_PARM2(ctx) * PT_REGS_PARM3(ctx), PT_REGS_PARM1(ctx));
        case LL_MEMALIGN:
            return enter(ctx, shape, PT_REGS_PARM2(ctx), 0);
        case LL_POSIX_MEMALIGN:
            return enter(ctx, shape, PT_REGS_PARM3(ctx), PT_REGS_PARM1(ctx));
        case LL_FREE:
            return enter_free(ctx);
        default:
            return 0;
    }
}

/* The program of a uprobe_multi link, which holds the entries of all functions: the cookie says
 * which one was hit. */
SEC("uprobe/entry")
int ll_entry(struct pt_regs* ctx) {
    return enter_shape(ctx, bpf_get_attach_cookie(ctx));
}

/* Programs of their own for perf-event uprobes, which have no cookies before Linux 5.15. */
#define LL_ENTRY_PROGRAM(name, shape)    \
    SEC("uprobe/" #name)                 \
    int ll_##name(struct pt_regs* ctx) { \
        return enter_shape(ctx, shape);  \
    }

LL_ENTRY_PROGRAM(malloc, LL_MALLOC)
LL_ENTRY_PROGRAM(calloc, LL_CALLOC)
LL_ENTRY_PROGRAM(realloc, LL_REALLOC)
LL_ENTRY_PROGRAM(reallocarray, LL_REALLOCARRAY)
LL_ENTRY_PROGRAM(memalign, LL_MEMALIGN)
LL_ENTRY_PROGRAM(aligned_new, LL_ALIGNED_NEW)
LL_ENTRY_PROGRAM(posix_memalign, LL_POSIX_MEMALIGN)
LL_ENTRY_PROGRAM(free, LL_FREE)

/* One program for the returns of all functions: the entry left what it needs in the thread. */
SEC("uprobe/return")
int ll_return(struct pt_regs* ctx) {
    __u64 began = time_return_if_sampled();
    struct ll_totals* totals;
    struct ll_thread* thread;
    __u64 address;
    __u32 tid;

    if (!is_target(&tid)) return 0;
    thread = bpf_map_lookup_elem(&ll_threads, &tid);
    if (!thread || !thread->active) return 0;
    /* The return popped the return address of the outermost call, and of no nested one. */
    if (PT_REGS_SP(ctx) != thread->entry_sp + 8) return 0;
    thread->active = 0;

    address = PT_REGS_RC(ctx);
    if (thread->shape == LL_POSIX_MEMALIGN) {
        if ((__u32)address != 0 || read_user(&address, sizeof(address), thread->pointer))
            address = 0;
    }
    if (thread->shape == LL_REALLOC || thread->shape == LL_REALLOCARRAY) {
        /* realloc(pointer, 0) frees and returns NULL; any other NULL means that nothing changed. */
        settle_old_block(thread, address != 0 || thread->size == 0);
        if (!address && thread->size == 0 && thread->pointer) {
            add_time(began);
            return 0;
        }
    }
    totals = totals_here();
    if (!totals) return 0;
    if (!address) {
        LL_ADD(totals->failed_allocations, 1);
    } else {
        LL_ADD(totals->allocations, 1);
        LL_ADD(totals->allocated_bytes, thread->size);
#ifdef LL_NO_BPF_LOOP
        unwind_by_tail_calls(ctx, thread, address, began);
        return 0;
#else
        unwind(&thread->stack, PT_REGS_IP(ctx), PT_REGS_SP(ctx), PT_REGS_FP(ctx));
        thread->stack.kind = LL_STACK_HEAP;
        account_allocation(thread, address);
#endif
    }
    add_time(began);
    return 0;
}

/* A new program in the process: the old one's blocks are gone, and its probes mean nothing. */
SEC("tracepoint/sched/sched_process_exec")
int ll_exec(void* ctx) {
    __u32 tid;

    (void)ctx;
    if (!is_target(&tid)) return 0;
    ll_control.disarmed = LL_DISARMED_BY_EXEC;
    return 0;
}
