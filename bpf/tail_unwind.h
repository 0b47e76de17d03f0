/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Unwinding for kernels before 5.17, which have no bpf_loop and whose verifier follows each turn of
 * a loop: a program walks a few frames and calls itself by a tail call until the stack has ended.
 */
#ifndef LEAKLENS_TAIL_UNWIND_H
#define LEAKLENS_TAIL_UNWIND_H

#include "bpf/blocks.h"
#include "bpf/thread.h"
#include "bpf/unwind.h"

/* Frames a program. The kernel allows 33 tail calls in a row: 4 times 33 is above LL_MAX_FRAMES. */
enum { LL_FRAMES_PER_PROGRAM = 4 };

/* What the next program of the chain goes on with. */
struct ll_unwinding {
    struct unwind_state state;
    __u64 block; /* address of the allocation that is being booked */
    __u64 began; /* see add_time */
};

/* One entry. Per processor is right here, though not in general: these kernels run uprobe programs
 * with preemption off, and a tail call stays where it is. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct ll_unwinding);
} ll_unwinding SEC(".maps");

/* Entry 0 is ll_continue; the agent puts it there. */
struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} ll_programs SEC(".maps");

static __always_inline struct ll_unwinding* unwinding_here(void) {
    __u32 zero = 0;

    return bpf_map_lookup_elem(&ll_unwinding, &zero);
}

/* Starts the chain; it does not come back. */
static __always_inline void unwind_by_tail_calls(struct pt_regs* ctx, struct ll_thread* thread,
                                                 __u64 block, __u64 began) {
    struct ll_unwinding* unwinding = unwinding_here();

    if (!unwinding) return;
    begin_unwind(&unwinding->state, 0, PT_REGS_IP(ctx), PT_REGS_SP(ctx), PT_REGS_FP(ctx));
    unwinding->block = block;
    unwinding->began = began;
    thread->stack.kind = LL_STACK_HEAP;
    bpf_tail_call(ctx, &ll_programs, 0);
    count_loss(LL_LOSS_RETURNS_MISSED);
}

SEC("uprobe/continue")
int ll_continue(struct pt_regs* ctx) {
    struct ll_unwinding* unwinding = unwinding_here();
    struct ll_thread* thread;
    struct unwind_state s;
    __u32 tid;

    if (!unwinding || !is_target(&tid)) return 0;
    thread = bpf_map_lookup_elem(&ll_threads, &tid);
    if (!thread) return 0;
    s = unwinding->state;
    s.stack = &thread->stack;
    for (int frame = 0; frame < LL_FRAMES_PER_PROGRAM; frame++) {
        if (unwind_step(&s)) break;
    }
    if (!s.done) {
        s.stack = 0;
        unwinding->state = s;
        bpf_tail_call(ctx, &ll_programs, 0);
        s.end = LL_END_TRUNCATED;
    }
    end_unwind(&s, &thread->stack);
    account_allocation(thread, unwinding->block);
    add_time(unwinding->began);
    return 0;
}

#endif
