/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who runs: whether the current task belongs to the captured process, its state, and how long our
 * own programs take in it.
 */
#ifndef LEAKLENS_THREAD_H
#define LEAKLENS_THREAD_H

#include "bpf/loss.h"

/* True in threads of the captured process, while the capture runs. Breakpoints are set in that
 * process alone, but a forked child inherits them for a while. */
static __always_inline int is_target(__u32* tid) {
    struct bpf_pidns_info ids;
    __u64 both;

    if (ll_control.disarmed) return 0;
    if (ll_config.pid_namespace_inode) {
        if (bpf_get_ns_current_pid_tgid(ll_config.pid_namespace_device,
                                        ll_config.pid_namespace_inode, &ids, sizeof(ids)))
            return 0;
        *tid = ids.pid;
        return ids.tgid == ll_config.tgid;
    }
    both = bpf_get_current_pid_tgid();
    *tid = (__u32)both;
    return (both >> 32) == ll_config.tgid;
}

/* The thread's state, made on its first call. NULL (and counted) when there is no room. */
static __always_inline struct ll_thread* thread_state(__u32 tid) {
    struct ll_thread* state = bpf_map_lookup_elem(&ll_threads, &tid);
    const struct ll_thread* template;
    __u32 zero = 0;

    if (state) return state;
    template = bpf_map_lookup_elem(&ll_thread_template, &zero);
    if (template) bpf_map_update_elem(&ll_threads, &tid, template, BPF_NOEXIST);
    state = bpf_map_lookup_elem(&ll_threads, &tid);
    if (!state) count_loss(LL_LOSS_THREADS_FULL);
    return state;
}

/* Counts a hit of an entry program; returns the time now for one hit in LL_TIMED_HITS, else 0. */
static __always_inline __u64 time_if_sampled(enum ll_shape shape) {
    struct ll_totals* totals = totals_here();
    __u64 hits;

    if (!totals) return 0;
    hits = totals->entry_hits[shape];
    LL_ADD(totals->entry_hits[shape], 1);
    return hits % LL_TIMED_HITS ? 0 : bpf_ktime_get_ns();
}

/* The same for the return program. */
static __always_inline __u64 time_return_if_sampled(void) {
    struct ll_totals* totals = totals_here();
    __u64 hits;

    if (!totals) return 0;
    hits = totals->return_hits;
    LL_ADD(totals->return_hits, 1);
    return hits % LL_TIMED_HITS ? 0 : bpf_ktime_get_ns();
}

static __always_inline void add_time(__u64 began) {
    struct ll_totals* totals;

    if (!began) return;
    totals = totals_here();
    if (!totals) return;
    LL_ADD(totals->timed_hits, 1);
    LL_ADD(totals->timed_ns, bpf_ktime_get_ns() - began);
}

#endif
