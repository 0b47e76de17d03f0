// What a capture costs its target and itself.
#pragma once

#include <cstdint>

#include "agent/capture.h"
#include "agent/sniffer/calibration.h"
#include "agent/sniffer/probe_set.h"
#include "bpf/shared.h"

namespace leaklens {

class CostMeter {
  public:
    CostMeter(const ProbeCost& cost, const ProbeSet& probes) : cost_(cost), probes_(probes) {}

    // The cost up to `totals`, and the shares since the last call. Time in the target's threads is
    // estimated: hits times the calibrated cost of a trap, plus hits times the mean run time of the
    // programs, which they measure themselves on a sample of hits.
    CostReport measure(const ll_totals& totals, std::uint64_t now_ns, std::uint64_t target_cpu_ns,
                       std::uint64_t agent_ns);

  private:
    const ProbeCost& cost_;
    const ProbeSet& probes_;
    CostReport last_;
    std::uint64_t last_now_ns_ = 0;
    std::uint64_t last_target_cpu_ns_ = 0;
};

}  // namespace leaklens
