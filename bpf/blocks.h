/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The books: which blocks live, and what each (stack, cohort) has allocated and freed. A block
 * enters the table only when its stack is known to the agent and its counter exists, so that the
 * counters of a stack always agree with its blocks; what finds no room is a counted loss.
 */
#ifndef LEAKLENS_BLOCKS_H
#define LEAKLENS_BLOCKS_H

#include "bpf/loss.h"

/* Returns how many blocks of the same stack and cohort had been freed before. */
static __always_inline __u64 account_free(const struct ll_block* block) {
    struct ll_counter_key key = {.stack = block->stack, .cohort = block->cohort};
    struct ll_counter* counter = bpf_map_lookup_elem(&ll_counters, &key);
    struct ll_totals* totals = totals_here();
    __u64 before = 0;

    if (counter) {
        before = counter->frees;
        LL_ADD(counter->frees, 1);
        LL_ADD(counter->freed_bytes, block->size);
    }
    if (totals) {
        LL_ADD(totals->frees, 1);
        LL_ADD(totals->freed_bytes, block->size);
    }
    return before;
}

/* Sends an event. The agent polls, so it is woken only when the buffer fills up meanwhile: a
 * wake-up for each event would be paid by the target. Returns 0, or -EAGAIN when there is no room.
 */
static __always_inline long send_event(void* event, __u32 size) {
    __u64 waiting = bpf_ringbuf_query(&ll_events, BPF_RB_AVAIL_DATA);

    return bpf_ringbuf_output(&ll_events, event, size,
                              waiting > LL_RING_BYTES / 4 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* Makes sure that the agent hears of a stack, once. Returns 0, or what stood in the way. */
static __always_inline int announce_stack(struct ll_stack_event* stack) {
    __u64 key = stack->stack;
    __u32 size;
    __u8 one = 1;

    if (bpf_map_lookup_elem(&ll_stacks, &key)) return 0;
    if (bpf_map_update_elem(&ll_stacks, &key, &one, BPF_NOEXIST)) {
        /* Another thread was faster, or there is no room. */
        if (bpf_map_lookup_elem(&ll_stacks, &key)) return 0;
        count_loss(LL_LOSS_STACKS_FULL);
        return 1;
    }
    size = offsetof(struct ll_stack_event, address) +
           (stack->frames & LL_MAX_FRAMES) * sizeof(stack->address[0]);
    if (send_event(stack, size)) {
        bpf_map_delete_elem(&ll_stacks, &key);
        count_loss(LL_LOSS_RING_FULL);
        return 1;
    }
    return 0;
}

/* The counter of a stack in a cohort, made on the cohort's first block. */
static __always_inline struct ll_counter* counter_of(struct ll_stack_event* stack, __u32 cohort) {
    struct ll_counter_key key = {.stack = stack->stack, .cohort = cohort};
    struct ll_counter* counter = bpf_map_lookup_elem(&ll_counters, &key);
    struct ll_counter zero = {};

    if (counter) return counter;
    if (announce_stack(stack)) return 0;
    bpf_map_update_elem(&ll_counters, &key, &zero, BPF_NOEXIST);
    counter = bpf_map_lookup_elem(&ll_counters, &key);
    if (!counter) count_loss(LL_LOSS_COUNTERS_FULL);
    return counter;
}

/* Books the block at `address`, whose size and stack the thread holds. */
static __always_inline void account_allocation(struct ll_thread* thread, __u64 address) {
    __u32 cohort = ll_control.cohort;
    struct ll_counter* counter = counter_of(&thread->stack, cohort);
    struct ll_block block = {.size = thread->size, .stack = thread->stack.stack, .cohort = cohort};
    long error;

    if (!counter) return;
    error = bpf_map_update_elem(&ll_blocks, &address, &block, BPF_NOEXIST);
    if (error == -17 /* EEXIST */) {
        /* The address was handed out again, so its last owner was freed behind our back. */
        const struct ll_block* old = bpf_map_lookup_elem(&ll_blocks, &address);

        if (old) {
            struct ll_block stale = *old;

            account_free(&stale);
        }
        count_loss(LL_LOSS_FREES_MISSED);
        error = bpf_map_update_elem(&ll_blocks, &address, &block, BPF_ANY);
    }
    if (error) {
        count_loss(LL_LOSS_BLOCKS_FULL);
        return;
    }
    LL_ADD(counter->allocations, 1);
    LL_ADD(counter->allocated_bytes, block.size);
}

#endif
