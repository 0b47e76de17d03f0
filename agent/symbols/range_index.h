// Which of many address ranges holds an address.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace leaklens {

template <typename Value>
class RangeIndex {
  public:
    // Adds [begin, end). Empty ranges are dropped, and those that begin at 0: linkers leave them
    // behind for functions that they threw away, and no file has code there.
    void add(std::uint64_t begin, std::uint64_t end, Value value) {
        if (begin == 0 || begin >= end) return;
        ranges_.push_back({begin, end, value});
    }
    // To be called once, after the last add() and before the first find().
    void sort() {
        std::stable_sort(ranges_.begin(), ranges_.end(),
                         [](const Range& a, const Range& b) { return a.begin < b.begin; });
        ranges_.shrink_to_fit();
    }
    // The value of the range that begins closest before the address and holds it.
    [[nodiscard]] std::optional<Value> find(std::uint64_t address) const {
        auto after = std::upper_bound(
            ranges_.begin(), ranges_.end(), address,
            [](std::uint64_t wanted, const Range& range) { return wanted < range.begin; });
        // Ranges hardly ever overlap, so the first step nearly always decides.
        for (unsigned step = 0; step < kOverlapSteps && after != ranges_.begin(); ++step) {
            --after;
            if (address < after->end) return after->value;
        }
        return std::nullopt;
    }
    [[nodiscard]] std::size_t size() const { return ranges_.size(); }

  private:
    static constexpr unsigned kOverlapSteps = 16;
    struct Range {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        Value value{};
    };
    std::vector<Range> ranges_;
};

}  // namespace leaklens
