#include "agent/symbols/unit_functions.h"

#include <dwarf.h>

#include "agent/symbols/die_walk.h"

namespace leaklens {

namespace {

// Deeper nesting is no program's.
constexpr std::size_t kDeepestNesting = 256;

void add_ranges(Dwarf_Die die, RangeIndex<Dwarf_Off>& index) {
    Dwarf_Addr base = 0;
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    std::ptrdiff_t offset = 0;
    const Dwarf_Off position = dwarf_dieoffset(&die);
    while ((offset = dwarf_ranges(&die, offset, &base, &begin, &end)) > 0) {
        index.add(begin, end, position);
    }
}

bool holds_functions(int tag, bool inside_functions) {
    switch (tag) {
        case DW_TAG_namespace:
        case DW_TAG_module:
        case DW_TAG_class_type:
        case DW_TAG_structure_type:
        case DW_TAG_union_type:
            return true;
        case DW_TAG_subprogram:
        case DW_TAG_lexical_block:
            return inside_functions;
        default:
            return false;
    }
}

RangeIndex<Dwarf_Off> index_functions(Dwarf_Die unit, bool inside_functions) {
    RangeIndex<Dwarf_Off> index;
    std::vector<Dwarf_Die> open;  // the next DIE to look at, at each level
    if (const auto child = first_child(unit)) open.push_back(*child);
    while (!open.empty()) {
        Dwarf_Die die = open.back();
        if (const auto next = next_sibling(die)) {
            open.back() = *next;
        } else {
            open.pop_back();
        }
        const int tag = dwarf_tag(&die);
        if (tag == DW_TAG_subprogram) add_ranges(die, index);
        if (!holds_functions(tag, inside_functions) || open.size() >= kDeepestNesting) continue;
        if (const auto child = first_child(die)) open.push_back(*child);
    }
    index.sort();
    return index;
}

// Appends the inlined calls below `die` that hold the address. Blocks that name no addresses of
// their own are searched as well.
bool append_inlined(Dwarf_Die die, std::uint64_t address, std::size_t depth,
                    std::vector<Dwarf_Die>& chain) {
    if (depth >= kDeepestNesting) return false;
    for (auto child = first_child(die); child; child = next_sibling(*child)) {
        const int tag = dwarf_tag(&*child);
        const bool inlined = tag == DW_TAG_inlined_subroutine;
        if (!inlined && tag != DW_TAG_lexical_block && tag != DW_TAG_try_block &&
            tag != DW_TAG_catch_block) {
            continue;
        }
        const bool has_addresses =
            dwarf_hasattr(&*child, DW_AT_low_pc) != 0 || dwarf_hasattr(&*child, DW_AT_ranges) != 0;
        const bool holds = has_addresses && dwarf_haspc(&*child, address) > 0;
        if (holds && inlined) chain.push_back(*child);
        if (holds || (!has_addresses && !inlined)) {
            const bool found = append_inlined(*child, address, depth + 1, chain);
            if (holds || found) return true;
        }
    }
    return false;
}

}  // namespace

UnitFunctions::UnitFunctions(Dwarf_Die unit)
    : unit_(unit), functions_(index_functions(unit, false)) {}

std::vector<Dwarf_Die> UnitFunctions::chain_at(std::uint64_t address) {
    auto offset = functions_.find(address);
    if (!offset) {
        if (!nested_functions_) nested_functions_ = index_functions(unit_, true);
        offset = nested_functions_->find(address);
    }
    Dwarf_Die function;
    if (!offset || dwarf_offdie(dwarf_cu_getdwarf(unit_.cu), *offset, &function) == nullptr) {
        return {};
    }
    std::vector<Dwarf_Die> chain{function};
    append_inlined(function, address, 0, chain);
    return chain;
}

}  // namespace leaklens
