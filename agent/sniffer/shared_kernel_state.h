// What all captures of one agent share: what the kernel offers, what a probe costs here, and the
// unwind rows.
#pragma once

#include <memory>
#include <string>
#include <vector>

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

    // A store with room for `rows` and `index_entries` beyond what it holds, of at most `limit`
    // rows in all: an existing one where it fits, else a new one with room to spare for libraries
    // that appear later.
    Result<std::shared_ptr<RowStore>> row_store(std::size_t rows, std::size_t index_entries,
                                                std::size_t limit);

  private:
    SharedKernelState() = default;

    KernelFeatures features_;
    ProbeCost probe_cost_;
    std::vector<std::weak_ptr<RowStore>> stores_;
};

}  // namespace leaklens
