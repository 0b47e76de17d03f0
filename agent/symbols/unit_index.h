// Which compilation unit describes an address.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>

#include "agent/symbols/range_index.h"

namespace leaklens {

class UnitIndex {
  public:
    // The Dwarf must outlive the index.
    explicit UnitIndex(Dwarf* dwarf) : dwarf_(dwarf) {}

    // The unit's DIE. .debug_aranges is asked first, because it is small and in one place. Not
    // every compiler writes it, so what it does not know is looked up in an index over the units'
    // own DIEs, which the first such address builds.
    std::optional<Dwarf_Die> unit_at(std::uint64_t address);

  private:
    Dwarf* dwarf_;
    std::optional<RangeIndex<Dwarf_Off>> units_;
};

}  // namespace leaklens
