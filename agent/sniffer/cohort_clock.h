// Birth cohorts: the slices of a capture in which blocks are born.
#pragma once

#include <algorithm>
#include <cstdint>

namespace leaklens {

// A cohort is as long as a sixteenth of the capture's age, and at least one sampling interval: fine
// slices while the capture is young, and about 100 in an hour, 150 in a day, instead of thousands.
class CohortClock {
  public:
    explicit CohortClock(std::uint64_t interval_ns) : interval_ns_(interval_ns) {}

    [[nodiscard]] std::uint32_t current() const { return current_; }
    [[nodiscard]] std::uint64_t start_ns() const { return start_ns_; }

    // Called at each sample, with the capture's age. Returns true when a new cohort began.
    bool advance(std::uint64_t age_ns) {
        // Timers are late by a little, never early: a cohort that is due within half an interval
        // would otherwise last one interval too long.
        const std::uint64_t wanted = std::max(interval_ns_, age_ns / 16);
        if (age_ns - start_ns_ + interval_ns_ / 2 < wanted) return false;
        current_++;
        start_ns_ = age_ns;
        return true;
    }

  private:
    std::uint64_t interval_ns_;
    std::uint32_t current_ = 0;
    std::uint64_t start_ns_ = 0;
};

}  // namespace leaklens
