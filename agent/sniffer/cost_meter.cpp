#include "agent/sniffer/cost_meter.h"

#include <algorithm>

namespace leaklens {

CostReport CostMeter::measure(const ll_totals& totals, std::uint64_t now_ns,
                              std::uint64_t target_cpu_ns, std::uint64_t agent_ns) {
    CostReport report;
    // A return probe sits on its entry's instruction, so its hit adds less than an entry's.
    double traps_ns = static_cast<double>(totals.return_hits) * cost_.return_ns;
    report.hits = totals.return_hits + totals.mapping_hits;
    for (std::size_t shape = 0; shape < LL_SHAPES; shape++) {
        const std::uint64_t hits = totals.entry_hits[shape];
        const bool emulated = probes_.emulated(static_cast<AllocatorShape>(shape));
        report.hits += hits;
        traps_ns += static_cast<double>(hits) * (emulated ? cost_.emulated_ns : cost_.stepped_ns);
    }
    const double program_ns = totals.timed_hits == 0 ? 0
                                                     : static_cast<double>(totals.timed_ns) /
                                                           static_cast<double>(totals.timed_hits);
    // A cumulative estimate must not shrink when the mean run time does.
    report.target_ns = std::max(
        last_.target_ns,
        static_cast<std::uint64_t>(traps_ns + static_cast<double>(report.hits) * program_ns));
    report.agent_ns = agent_ns;

    const auto share = [](std::uint64_t part, std::uint64_t whole) {
        return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
    };
    const std::uint64_t spent = report.target_ns - last_.target_ns;
    report.core_share = share(spent, now_ns - std::min(now_ns, last_now_ns_));
    report.target_share =
        share(spent, target_cpu_ns - std::min(target_cpu_ns, last_target_cpu_ns_));
    last_ = report;
    last_now_ns_ = now_ns;
    last_target_cpu_ns_ = target_cpu_ns;
    return report;
}

}  // namespace leaklens
