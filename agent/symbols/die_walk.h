// Steps through DWARF's debugging information entries (DIEs) that end on malformed files too.
#pragma once

#include <elfutils/libdw.h>

#include <optional>
#include <vector>

namespace leaklens {

// The first child; nothing where there is none.
std::optional<Dwarf_Die> first_child(Dwarf_Die die);

// The next sibling; nothing at the end, or where the file names a sibling that does not come later
// (following it would be a loop).
std::optional<Dwarf_Die> next_sibling(Dwarf_Die die);

// The DIE that an attribute refers to, nothing where the attribute is missing or leads nowhere.
std::optional<Dwarf_Die> referred_die(Dwarf_Die die, unsigned attribute);

// The DIE that declares what this one is an instance of: DW_AT_abstract_origin and
// DW_AT_specification followed to their end, at most `kLongestOriginChain` steps. Every DIE on the
// way is in the result, the given one first.
inline constexpr unsigned kLongestOriginChain = 16;
std::vector<Dwarf_Die> origin_chain(Dwarf_Die die);

// The DIEs around one, from the unit's (not included) inwards. DWARF has no parent links: this
// walks down from the unit, skipping what cannot contain the DIE.
std::vector<Dwarf_Die> enclosing_dies(Dwarf_Die die);

}  // namespace leaklens
