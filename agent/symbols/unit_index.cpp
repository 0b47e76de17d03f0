#include "agent/symbols/unit_index.h"

#include <dwarf.h>

#include <cstddef>

namespace leaklens {

namespace {

// Bounds the index's memory (24 bytes an entry) whatever the file says.
constexpr std::size_t kMostRanges = 4'000'000;

RangeIndex<Dwarf_Off> index_units(Dwarf* dwarf) {
    RangeIndex<Dwarf_Off> index;
    Dwarf_CU* unit = nullptr;
    Dwarf_Die die;
    std::uint8_t type = 0;
    while (index.size() < kMostRanges &&
           dwarf_get_units(dwarf, unit, &unit, nullptr, &type, &die, nullptr) == 0) {
        if (type != DW_UT_compile && type != DW_UT_skeleton) continue;
        Dwarf_Addr base = 0;
        Dwarf_Addr begin = 0;
        Dwarf_Addr end = 0;
        std::ptrdiff_t offset = 0;
        while (index.size() < kMostRanges &&
               (offset = dwarf_ranges(&die, offset, &base, &begin, &end)) > 0) {
            index.add(begin, end, dwarf_dieoffset(&die));
        }
    }
    index.sort();
    return index;
}

}  // namespace

std::optional<Dwarf_Die> UnitIndex::unit_at(std::uint64_t address) {
    Dwarf_Die die;
    if (dwarf_addrdie(dwarf_, address, &die) != nullptr) return die;
    if (!units_) units_ = index_units(dwarf_);
    const auto offset = units_->find(address);
    if (!offset || dwarf_offdie(dwarf_, *offset, &die) == nullptr) return std::nullopt;
    return die;
}

}  // namespace leaklens
