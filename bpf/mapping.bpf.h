/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mmap, munmap and mremap by their system call tracepoints: direct mappings leak too. They are rare
 * beside allocations and need interval arithmetic (an munmap may cut a mapping in the middle), so
 * the programs only report them, in order, and the agent keeps the books. Part of heap.bpf.c, for
 * it shares that file's maps; loaded only where the kernel can tell a task's user registers.
 */
#ifndef LEAKLENS_MAPPING_BPF_H
#define LEAKLENS_MAPPING_BPF_H

#include <linux/mman.h>

#include "bpf/blocks.h"
#include "bpf/thread.h"
#include "bpf/unwind.h"

enum ll_pending_mapping { LL_PENDING_NONE = 0, LL_PENDING_MMAP = 1, LL_PENDING_MREMAP = 2 };

/* The layout of syscalls:sys_enter_* and sys_exit_*, which is part of the kernel's interface. */
struct sys_enter_context {
    __u64 common;
    __u64 number;
    __u64 argument[6];
};
struct sys_exit_context {
    __u64 common;
    __u64 number;
    __s64 result;
};

static __always_inline void count_mapping_hit(void) {
    struct ll_totals* totals = totals_here();

    if (totals) LL_ADD(totals->mapping_hits, 1);
}

static __always_inline void report_mapping(enum ll_event_type type, __u64 address, __u64 length,
                                           __u64 stack) {
    struct ll_mapping_event event = {.type = type,
                                     .cohort = ll_control.cohort,
                                     .address = address,
                                     .length = length,
                                     .stack = stack};

    if (send_event(&event, sizeof(event))) count_loss(LL_LOSS_RING_FULL);
}

/* The state of a thread that is about to map or unmap for itself; NULL where the call is an
 * allocator's own, whose blocks are already counted. */
static __always_inline struct ll_thread* own_mapping_call(void) {
    struct ll_thread* thread;
    __u32 tid;

    if (!is_target(&tid)) return 0;
    count_mapping_hit();
    thread = thread_state(tid);
    return thread && !thread->active ? thread : 0;
}

SEC("tracepoint/syscalls/sys_enter_mmap")
int ll_enter_mmap(struct sys_enter_context* ctx) {
    struct ll_thread* thread = own_mapping_call();
    __u64 protection, flags;

    if (!thread) return 0;
    protection = ctx->argument[2];
    flags = ctx->argument[3];
    thread->mapping = LL_PENDING_NONE;
    /* Only memory that can grow the process: not files, and not address space that is reserved
     * without access, as garbage collectors and sanitizers do by the terabyte. Threads' stacks
     * begin without access too, and count. */
    if (!(flags & MAP_ANONYMOUS)) return 0;
    if (!(protection & PROT_WRITE) && !(flags & MAP_STACK)) return 0;
    thread->mapping = LL_PENDING_MMAP;
    thread->mapping_length = ctx->argument[1];
    return 0;
}

SEC("tracepoint/syscalls/sys_enter_mremap")
int ll_enter_mremap(struct sys_enter_context* ctx) {
    struct ll_thread* thread = own_mapping_call();

    if (!thread) return 0;
    thread->mapping = LL_PENDING_MREMAP;
    thread->mapping_address = ctx->argument[0];
    thread->mapping_old_length = ctx->argument[1];
    thread->mapping_length = ctx->argument[2];
    return 0;
}

/* Reported on entry: once the kernel has unmapped, another thread may be given the same range
 * before this one gets to its exit. An munmap with sane arguments does not fail. */
SEC("tracepoint/syscalls/sys_enter_munmap")
int ll_enter_munmap(struct sys_enter_context* ctx) {
    struct ll_thread* thread = own_mapping_call();

    if (!thread || (ctx->argument[0] & 4095) || !ctx->argument[1]) return 0;
    report_mapping(LL_EVENT_UNMAP, ctx->argument[0], ctx->argument[1], 0);
    return 0;
}

static __always_inline int leave_mapping_call(__s64 result, enum ll_pending_mapping which) {
    struct ll_thread* thread;
    struct pt_regs registers;
    const void* task_registers;
    __u32 tid;

    if (!is_target(&tid)) return 0;
    thread = bpf_map_lookup_elem(&ll_threads, &tid);
    if (!thread || thread->mapping != which) return 0;
    thread->mapping = LL_PENDING_NONE;
    if (result < 0 && result > -4096) return 0;
    task_registers = (const void*)bpf_task_pt_regs(bpf_get_current_task_btf());
    if (bpf_probe_read_kernel(&registers, sizeof(registers), task_registers)) return 0;
    unwind(&thread->stack, registers.rip, registers.rsp, registers.rbp);
    thread->stack.kind = LL_STACK_MAPPING;
    if (announce_stack(&thread->stack)) return 0;
    if (which == LL_PENDING_MREMAP)
        report_mapping(LL_EVENT_UNMAP, thread->mapping_address, thread->mapping_old_length, 0);
    report_mapping(LL_EVENT_MAP, result, thread->mapping_length, thread->stack.stack);
    return 0;
}

SEC("tracepoint/syscalls/sys_exit_mmap")
int ll_exit_mmap(struct sys_exit_context* ctx) {
    return leave_mapping_call(ctx->result, LL_PENDING_MMAP);
}

SEC("tracepoint/syscalls/sys_exit_mremap")
int ll_exit_mremap(struct sys_exit_context* ctx) {
    return leave_mapping_call(ctx->result, LL_PENDING_MREMAP);
}

#endif
