#include "agent/sniffer/shared_kernel_state.h"

#include <algorithm>

namespace leaklens {

Result<std::unique_ptr<SharedKernelState>> SharedKernelState::create(
    const std::string& tracefs, const std::string& tracefs_reason) {
    std::unique_ptr<SharedKernelState> state(new SharedKernelState);
    state->features_ = probe_kernel_features(tracefs, tracefs_reason);
    auto cost = calibrate(state->features_);
    if (!cost) return cost.error();
    state->probe_cost_ = *cost;
    return state;
}

std::shared_ptr<RowStore> SharedKernelState::newest_row_store(std::size_t limit) const {
    auto store = newest_.lock();
    return store && store->capacity() <= limit ? store : nullptr;
}

Result<std::shared_ptr<RowStore>> SharedKernelState::new_row_store(std::size_t rows,
                                                                   std::size_t index_entries,
                                                                   std::size_t limit) {
    // Half as much again and 100,000 entries: room for what dlopen brings.
    const auto roomy = [](std::size_t count) { return count + count / 2 + 100'000; };
    auto store =
        RowStore::create(std::clamp<std::size_t>(roomy(rows), 1, limit), roomy(index_entries));
    if (store) newest_ = *store;
    return store;
}

}  // namespace leaklens
