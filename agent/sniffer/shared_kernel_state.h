// What all captures of one agent share: what the kernel offers, what a probe costs here, and the
// unwind rows.
#pragma once

#include <memory>
#include <string>

#include "agent/result.h"
#include "agent/sniffer/calibration.h"
#include "agent/sniffer/kernel_features.h"
#include "agent/sniffer/row_store.h"

namespace leaklens {

class SharedKernelState {
  public:
    // Tries what the kernel offers. `tracefs` as prepare_tracefs gave it, or empty with a reason.
    static Result<std::unique_ptr<SharedKernelState>> create(const std::string& tracefs,
                                                             const std::string& tracefs_reason);
    ~SharedKernelState() = default;
    SharedKernelState(const SharedKernelState&) = delete;
    SharedKernelState& operator=(const SharedKernelState&) = delete;

    [[nodiscard]] const KernelFeatures& features() const { return features_; }
    [[nodiscard]] const ProbeCost& probe_cost() const { return probe_cost_; }

    // The store that was made last and is still in use, if it holds at most `limit` rows.
    [[nodiscard]] std::shared_ptr<RowStore> newest_row_store(std::size_t limit) const;
    // A store for `rows` and `index_entries`, with room to spare for libraries that appear later;
    // never for more than `limit` rows.
    Result<std::shared_ptr<RowStore>> new_row_store(std::size_t rows, std::size_t index_entries,
                                                    std::size_t limit);

  private:
    SharedKernelState() = default;

    KernelFeatures features_;
    ProbeCost probe_cost_;
    std::weak_ptr<RowStore> newest_;  // the captures own their stores
};

}  // namespace leaklens
