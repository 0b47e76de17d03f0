#include "agent/sniffer/counter_book.h"

namespace leaklens {

namespace {

bool same(const ll_counter& a, const ll_counter& b) {
    return a.allocations == b.allocations && a.allocated_bytes == b.allocated_bytes &&
           a.frees == b.frees && a.freed_bytes == b.freed_bytes;
}

}  // namespace

CounterBook::CounterBook()
    : mappings_({.on_mapped =
                     [this](const MappingLedger::Change& change) {
                         const Key key{change.origin.stack, change.origin.cohort};
                         ll_counter& counter = mapped_[key];
                         counter.allocations++;
                         counter.allocated_bytes += change.bytes;
                         changed_[key] = counter;
                     },
                 .on_unmapped =
                     [this](const MappingLedger::Change& change) {
                         const Key key{change.origin.stack, change.origin.cohort};
                         ll_counter& counter = mapped_[key];
                         counter.frees += change.whole ? 1 : 0;
                         counter.freed_bytes += change.bytes;
                         changed_[key] = counter;
                     }}) {}

Status CounterBook::read(HeapObject& heap, std::uint32_t current_cohort) {
    if (Status status = heap.read_counters(scratch_); !status) return status;
    for (const auto& [kernel_key, counter] : scratch_) {
        const Key key{kernel_key.stack, kernel_key.cohort};
        const auto [at, is_new] = heap_.try_emplace(key);
        if (is_new || !same(at->second, counter)) {
            at->second = counter;
            changed_[key] = counter;
        }
        // One cohort of grace: a program that read the cohort's number just before it ended may
        // still be about to use it.
        const bool over = key.cohort + 1 < current_cohort;
        if (over && counter.allocations == counter.frees) {
            heap.forget_counter(kernel_key);
            heap_.erase(at);
        }
    }
    if (Status status = heap.read_free_sites(free_scratch_); !status) return status;
    for (const auto& [key, frees] : free_scratch_) {
        FreeSite& site = free_sites_[key.stack * 31 + key.free_stack];
        site.changed = site.changed || site.frees != frees;
        site.key = key;
        site.frees = frees;
    }
    return {};
}

std::vector<FreeSiteReport> CounterBook::take_free_sites(
    const std::function<std::optional<std::uint32_t>(std::uint64_t)>& number_of) {
    std::vector<FreeSiteReport> reports;
    for (auto& [hash, site] : free_sites_) {
        if (!site.changed) continue;
        const auto stack = number_of(site.key.stack);
        const auto free_stack = number_of(site.key.free_stack);
        if (!stack || !free_stack) continue;
        site.changed = false;
        reports.push_back({*stack, *free_stack, site.frees});
    }
    return reports;
}

std::vector<CounterReport> CounterBook::take_changes(
    const std::function<std::optional<std::uint32_t>(std::uint64_t)>& number_of) {
    std::vector<CounterReport> reports;
    reports.reserve(changed_.size());
    for (auto at = changed_.begin(); at != changed_.end();) {
        const auto number = number_of(at->first.stack);
        if (!number) {
            ++at;
            continue;
        }
        const ll_counter& counter = at->second;
        reports.push_back({*number, at->first.cohort, counter.allocations, counter.allocated_bytes,
                           counter.frees, counter.freed_bytes});
        at = changed_.erase(at);
    }
    return reports;
}

}  // namespace leaklens
