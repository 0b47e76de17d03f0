#include "agent/sniffer/stack_table.h"

#include <algorithm>
#include <utility>

namespace leaklens {

void StackTable::add(const ll_stack_event& event) {
    const auto number = static_cast<std::uint32_t>(stacks_.size());
    if (!stacks_.emplace(event.stack, number).second) return;
    StackReport report;
    report.stack = number;
    report.kind = event.kind == LL_STACK_MAPPING ? StackKind::mapping
                  : event.kind == LL_STACK_FREE  ? StackKind::free
                                                 : StackKind::heap;
    report.end = event.end == LL_END_COMPLETE    ? StackEnd::complete
                 : event.end == LL_END_TRUNCATED ? StackEnd::truncated
                                                 : StackEnd::guessed;
    const std::size_t frames = std::min<std::size_t>(event.frames, LL_MAX_FRAMES);
    for (std::size_t i = 0; i < frames; i++)
        report.locations.push_back(location_of(event.address[i]));
    fresh_.stacks.push_back(std::move(report));
}

std::uint32_t StackTable::location_of(std::uint64_t address) {
    const auto number = static_cast<std::uint32_t>(locations_.size());
    const auto [at, is_new] = locations_.emplace(address, number);
    if (!is_new) return at->second;
    LocationReport report;
    report.location = number;
    report.address = address;
    if (!place(report)) unknown_address_ = true;
    fresh_.locations.push_back(report);
    return number;
}

bool StackTable::place(LocationReport& location) const {
    const auto found = modules_.find(location.address);
    if (!found) return false;
    location.module = static_cast<std::int32_t>(found->module);
    location.offset = found->virtual_address;
    return true;
}

std::optional<std::uint32_t> StackTable::find(std::uint64_t hash) const {
    const auto found = stacks_.find(hash);
    if (found == stacks_.end()) return std::nullopt;
    return found->second;
}

StacksReport StackTable::take_new() {
    for (LocationReport& location : fresh_.locations) {
        if (location.module < 0) place(location);
    }
    return std::exchange(fresh_, {});
}

bool StackTable::take_unknown_address() {
    return std::exchange(unknown_address_, false);
}

}  // namespace leaklens
