#include "agent/sniffer/losses.h"

namespace leaklens {

LossesReport losses_in(const ll_totals& totals) {
    LossesReport report;
    report.blocks_full = totals.losses[LL_LOSS_BLOCKS_FULL];
    report.stacks_full = totals.losses[LL_LOSS_STACKS_FULL];
    report.counters_full = totals.losses[LL_LOSS_COUNTERS_FULL];
    report.threads_full = totals.losses[LL_LOSS_THREADS_FULL];
    report.ring_full = totals.losses[LL_LOSS_RING_FULL];
    report.stacks_truncated = totals.losses[LL_LOSS_STACKS_TRUNCATED];
    report.stacks_guessed = totals.losses[LL_LOSS_STACKS_GUESSED];
    report.returns_missed = totals.losses[LL_LOSS_RETURNS_MISSED];
    report.frees_missed = totals.losses[LL_LOSS_FREES_MISSED];
    report.free_sites_full = totals.losses[LL_LOSS_FREE_SITES_FULL];
    return report;
}

}  // namespace leaklens
