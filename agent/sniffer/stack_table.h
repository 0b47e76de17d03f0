// Call stacks and code locations under the small numbers by which the wire names them.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "agent/capture.h"
#include "agent/sniffer/module_table.h"
#include "bpf/shared.h"

namespace leaklens {

class StackTable {
  public:
    explicit StackTable(const ModuleTable& modules) : modules_(modules) {}

    // Numbers a stack that the kernel announced, and its locations. Ignores one that is known.
    void add(const ll_stack_event& event);
    // The number of a stack by the kernel's hash.
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash) const;
    // What was added since the last call. Addresses that lay in no known module are looked up
    // again, for a location is introduced only once.
    StacksReport take_new();
    // True when an address was added that lies in no known module: time to read the map again,
    // before take_new().
    bool take_unknown_address();

  private:
    std::uint32_t location_of(std::uint64_t address);
    // Fills in the module and the offset; false when none is mapped there.
    bool place(LocationReport& location) const;

    const ModuleTable& modules_;
    std::unordered_map<std::uint64_t, std::uint32_t> stacks_;     // hash -> number
    std::unordered_map<std::uint64_t, std::uint32_t> locations_;  // address -> number
    StacksReport fresh_;
    bool unknown_address_ = false;
};

}  // namespace leaklens
