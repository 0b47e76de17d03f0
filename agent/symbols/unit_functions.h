// The functions of one compilation unit by address, with what was inlined into them.
#pragma once

#include <elfutils/libdw.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "agent/symbols/range_index.h"

namespace leaklens {

class UnitFunctions {
  public:
    // Indexes the unit's functions: one walk over the DIEs at its top level and in its scopes.
    explicit UnitFunctions(Dwarf_Die unit);

    // The function at an address (a DW_TAG_subprogram), then the calls inlined there
    // (DW_TAG_inlined_subroutine), outermost first. Empty where no function is described.
    std::vector<Dwarf_Die> chain_at(std::uint64_t address);

  private:
    Dwarf_Die unit_;
    RangeIndex<Dwarf_Off> functions_;
    // Functions inside functions, as lambdas can be: looked at when an address is in no other one.
    std::optional<RangeIndex<Dwarf_Off>> nested_functions_;
};

}  // namespace leaklens
