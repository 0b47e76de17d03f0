/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sums per processor, and one counter for each way in which an event can be lost. Additions are
 * atomic although the sums are per processor: a program can be preempted by another one there.
 */
#ifndef LEAKLENS_LOSS_H
#define LEAKLENS_LOSS_H

#include "bpf/maps.h"

#define LL_ADD(target, value) ((void)__sync_fetch_and_add(&(target), (value)))

static __always_inline struct ll_totals* totals_here(void) {
    __u32 zero = 0;

    return bpf_map_lookup_elem(&ll_totals, &zero);
}

static __always_inline void count_loss(enum ll_loss kind) {
    struct ll_totals* totals = totals_here();

    if (totals) LL_ADD(totals->losses[kind], 1);
}

#endif
