// The (stack, cohort) counters of a capture: those of heap blocks are read from the kernel, those
// of direct mappings are kept here. Only what changed is reported.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/capture.h"
#include "agent/result.h"
#include "agent/sniffer/heap_object.h"
#include "agent/sniffer/mapping_ledger.h"
#include "bpf/shared.h"

namespace leaklens {

class CounterBook {
  public:
    CounterBook();

    // Reads the kernel's counters. An entry whose cohort is over and whose blocks are all freed can
    // never change again: it is reported a last time and removed, which keeps the table small.
    Status read(HeapObject& heap, std::uint32_t current_cohort);
    // The books of direct mappings, whose changes arrive here.
    [[nodiscard]] MappingLedger& mappings() { return mappings_; }
    // What changed since the last call, with stacks by number. A counter whose stack is not known
    // yet is kept for the next time.
    std::vector<CounterReport> take_changes(
        const std::function<std::optional<std::uint32_t>(std::uint64_t)>& number_of);

    // The same for where blocks are freed.
    std::vector<FreeSiteReport> take_free_sites(
        const std::function<std::optional<std::uint32_t>(std::uint64_t)>& number_of);

  private:
    struct Key {
        std::uint64_t stack = 0;
        std::uint32_t cohort = 0;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            return key.stack ^ (std::size_t{key.cohort} << 32);  // a stack is a hash already
        }
    };

    struct FreeSite {
        ll_free_site_key key{};
        std::uint64_t frees = 0;
        bool changed = false;
    };

    std::unordered_map<Key, ll_counter, KeyHash> heap_;
    std::unordered_map<Key, ll_counter, KeyHash> mapped_;
    std::unordered_map<Key, ll_counter, KeyHash> changed_;
    std::unordered_map<std::uint64_t, FreeSite> free_sites_;  // by both stacks' hashes, mixed
    std::vector<std::pair<ll_counter_key, ll_counter>> scratch_;
    std::vector<std::pair<ll_free_site_key, std::uint64_t>> free_scratch_;
    MappingLedger mappings_;
};

}  // namespace leaklens
