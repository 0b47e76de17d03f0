#include "agent/symbols/die_walk.h"

#include <dwarf.h>

#include <functional>

namespace leaklens {

namespace {

// Deeper nesting is no program's.
constexpr std::size_t kDeepestNesting = 256;

// Both DIEs are of one unit, hence of one buffer; std::less orders any two pointers.
bool comes_before(const Dwarf_Die& a, const Dwarf_Die& b) {
    return std::less<>()(a.addr, b.addr);
}

}  // namespace

std::optional<Dwarf_Die> first_child(Dwarf_Die die) {
    Dwarf_Die child;
    if (dwarf_child(&die, &child) != 0) return std::nullopt;
    return child;
}

std::optional<Dwarf_Die> next_sibling(Dwarf_Die die) {
    Dwarf_Die next;
    if (dwarf_siblingof(&die, &next) != 0) return std::nullopt;
    if (next.cu != die.cu || !comes_before(die, next)) return std::nullopt;
    return next;
}

std::optional<Dwarf_Die> referred_die(Dwarf_Die die, unsigned attribute) {
    Dwarf_Attribute reference;
    Dwarf_Die result;
    if (dwarf_attr(&die, attribute, &reference) == nullptr ||
        dwarf_formref_die(&reference, &result) == nullptr) {
        return std::nullopt;
    }
    return result;
}

std::vector<Dwarf_Die> origin_chain(Dwarf_Die die) {
    std::vector<Dwarf_Die> chain{die};
    while (chain.size() < kLongestOriginChain) {
        auto next = referred_die(chain.back(), DW_AT_abstract_origin);
        if (!next) next = referred_die(chain.back(), DW_AT_specification);
        if (!next) break;
        chain.push_back(*next);
    }
    return chain;
}

std::vector<Dwarf_Die> enclosing_dies(Dwarf_Die die) {
    std::vector<Dwarf_Die> path;
    Dwarf_Die unit;
    if (dwarf_diecu(&die, &unit, nullptr, nullptr) == nullptr) return path;
    auto current = first_child(unit);
    while (current && path.size() < kDeepestNesting) {
        if (current->addr == die.addr) return path;
        if (!comes_before(*current, die)) break;
        const auto next = next_sibling(*current);
        if (next && !comes_before(die, *next)) {
            current = next;
            continue;
        }
        path.push_back(*current);
        current = first_child(*current);
    }
    return {};
}

}  // namespace leaklens
