#include "agent/symbols/function_name.h"

#include <dwarf.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/symbols/demangle.h"
#include "agent/symbols/die_walk.h"

namespace leaklens {

namespace {

// Types nest and, in a malformed file, refer to themselves.
constexpr unsigned kDeepestType = 12;
// Beyond this a name is cut anyway before anybody sees it.
constexpr std::size_t kLongestName = 8192;

const char* string_attribute(Dwarf_Die die, unsigned name) {
    Dwarf_Attribute attribute;
    if (dwarf_attr(&die, name, &attribute) == nullptr) return nullptr;
    return dwarf_formstring(&attribute);
}

bool flag_attribute(Dwarf_Die die, unsigned name) {
    Dwarf_Attribute attribute;
    bool value = false;
    return dwarf_attr(&die, name, &attribute) != nullptr &&
           dwarf_formflag(&attribute, &value) == 0 && value;
}

bool is_cplusplus(Dwarf_Die die) {
    Dwarf_Die unit;
    if (dwarf_diecu(&die, &unit, nullptr, nullptr) == nullptr) return false;
    switch (dwarf_srclang(&unit)) {
        case DW_LANG_C_plus_plus:
        case DW_LANG_C_plus_plus_03:
        case DW_LANG_C_plus_plus_11:
        case DW_LANG_C_plus_plus_14:
            return true;
        default:
            return false;
    }
}

// Demanglers write integer types in their shortest form, DWARF in GCC's; a function is to have the
// same name from either.
std::string_view shortest_type_name(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kShorter{{
        {"long int", "long"},
        {"long unsigned int", "unsigned long"},
        {"long long int", "long long"},
        {"long long unsigned int", "unsigned long long"},
        {"short int", "short"},
        {"short unsigned int", "unsigned short"},
    }};
    for (const auto& [dwarf, shorter] : kShorter) {
        if (name == dwarf) return shorter;
    }
    return name;
}

// "Tree const*", or "Tree const* const" as the type of `this` in a body is.
bool is_pointer_to_constant(std::string_view type) {
    return type.ends_with(" const*") || type.ends_with(" const* const");
}

bool has_parameters(Dwarf_Die function) {
    for (auto child = first_child(function); child; child = next_sibling(*child)) {
        if (dwarf_tag(&*child) == DW_TAG_formal_parameter) return true;
    }
    return false;
}

// The DIE that lists the parameters: the declaration, but link-time optimization may have left its
// list out.
Dwarf_Die described_by(const std::vector<Dwarf_Die>& chain) {
    const auto link = std::find_if(chain.rbegin(), chain.rend(), has_parameters);
    return link == chain.rend() ? chain.back() : *link;
}

// `inside` is the name of what the scope is around.
std::string scope_label(Dwarf_Die scope, std::string_view inside) {
    if (const char* name = dwarf_diename(&scope); name != nullptr) return name;
    if (dwarf_tag(&scope) == DW_TAG_namespace) return "(anonymous namespace)";
    return inside == "operator()" ? "{lambda}" : "(unnamed)";
}

bool is_named_scope(int tag) {
    return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
           tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type || tag == DW_TAG_subprogram;
}

}  // namespace

const std::string& FunctionNames::of(Dwarf_Die die) {
    const auto known = functions_.find(die.addr);
    if (known != functions_.end()) return known->second;
    return functions_.emplace(die.addr, read_name(die)).first->second;
}

std::string FunctionNames::read_name(Dwarf_Die die) {
    const std::vector<Dwarf_Die> chain = origin_chain(die);
    const char* plain = nullptr;
    bool visible = false;
    for (const Dwarf_Die& link : chain) {
        const char* linkage = string_attribute(link, DW_AT_linkage_name);
        if (linkage == nullptr) linkage = string_attribute(link, DW_AT_MIPS_linkage_name);
        // In C it is an alias, such as __GI_qsort for qsort.
        if (linkage != nullptr && std::string_view(linkage).starts_with("_Z")) {
            return demangle(linkage);
        }
        if (plain == nullptr) plain = string_attribute(link, DW_AT_name);
        visible = visible || flag_attribute(link, DW_AT_external);
    }
    if (plain == nullptr) return {};
    // main and extern "C" functions have the name that they are linked by.
    if (visible || !is_cplusplus(die)) return plain;
    return qualified_name(chain.back(), 0) + parameter_list(described_by(chain), 0);
}

std::string FunctionNames::qualified_name(Dwarf_Die declaration, unsigned depth) {
    const auto known = scoped_.find(declaration.addr);
    if (known != scoped_.end()) return known->second;
    std::string name(shortest_type_name(scope_label(declaration, {})));
    const std::vector<Dwarf_Die> scopes = enclosing_dies(declaration);
    for (auto scope = scopes.rbegin(); scope != scopes.rend() && name.size() < kLongestName;
         ++scope) {
        Dwarf_Die around = *scope;
        const int tag = dwarf_tag(&around);
        if (!is_named_scope(tag)) continue;
        if (tag != DW_TAG_subprogram) {
            name.insert(0, scope_label(around, name) + "::");
            continue;
        }
        // A function's own scopes are those of its declaration, not those of its body.
        if (depth < kDeepestType) {
            name.insert(0, qualified_name(origin_chain(around).back(), depth + 1) + "::");
        }
        break;
    }
    return scoped_.emplace(declaration.addr, std::move(name)).first->second;
}

std::string FunctionNames::parameter_list(Dwarf_Die declaration, unsigned depth) {
    std::string list = "(";
    bool constant_object = false;
    for (auto child = first_child(declaration); child && list.size() < kLongestName;
         child = next_sibling(*child)) {
        const int tag = dwarf_tag(&*child);
        if (tag != DW_TAG_formal_parameter && tag != DW_TAG_unspecified_parameters) continue;
        if (flag_attribute(*child, DW_AT_artificial)) {
            // The object of a const member function is a pointer to something constant.
            constant_object |= is_pointer_to_constant(type_name(*child, depth + 1));
            continue;
        }
        if (list.size() > 1) list += ", ";
        list += tag == DW_TAG_unspecified_parameters ? "..." : type_name(*child, depth + 1);
    }
    return list + (constant_object ? ") const" : ")");
}

// The type that `holder` refers to by DW_AT_type, written as demanglers do: "char const*".
std::string FunctionNames::type_name(Dwarf_Die holder, unsigned depth) {
    const std::optional<Dwarf_Die> type = referred_die(holder, DW_AT_type);
    if (!type) return "void";
    if (depth >= kDeepestType) return "...";
    Dwarf_Die die = *type;
    switch (dwarf_tag(&die)) {
        case DW_TAG_pointer_type: {
            auto target = referred_die(die, DW_AT_type);
            if (target && dwarf_tag(&*target) == DW_TAG_subroutine_type) {
                return type_name(*target, depth + 1) + " (*)" + parameter_list(*target, depth + 1);
            }
            return type_name(die, depth + 1) + "*";
        }
        case DW_TAG_reference_type:
            return type_name(die, depth + 1) + "&";
        case DW_TAG_rvalue_reference_type:
            return type_name(die, depth + 1) + "&&";
        case DW_TAG_const_type:
            return type_name(die, depth + 1) + " const";
        case DW_TAG_volatile_type:
            return type_name(die, depth + 1) + " volatile";
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
        case DW_TAG_typedef:
            return type_name(die, depth + 1);
        case DW_TAG_array_type:
            return type_name(die, depth + 1) + "[]";
        case DW_TAG_ptr_to_member_type: {
            const auto owner = referred_die(die, DW_AT_containing_type);
            return type_name(die, depth + 1) + " " +
                   (owner ? qualified_name(*owner, depth + 1) : std::string()) + "::*";
        }
        default:
            return qualified_name(origin_chain(die).back(), depth + 1);
    }
}

}  // namespace leaklens
