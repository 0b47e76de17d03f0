// Names of functions from DWARF, as a C++ programmer writes them.
#pragma once

#include <elfutils/libdw.h>

#include <cstddef>
#include <string>
#include <unordered_map>

namespace leaklens {

// Names are computed once for each DIE, because finding the scopes around one means walking its
// unit.
class FunctionNames {
  public:
    // Of a DW_TAG_subprogram or DW_TAG_inlined_subroutine: its linkage name, demangled. Compilers
    // give none to functions that other files cannot see: those are put together from their
    // scopes, their name and their parameters' types. Empty where the file tells no name.
    const std::string& of(Dwarf_Die die);

  private:
    std::string read_name(Dwarf_Die die);
    std::string qualified_name(Dwarf_Die declaration, unsigned depth);
    std::string parameter_list(Dwarf_Die declaration, unsigned depth);
    std::string type_name(Dwarf_Die holder, unsigned depth);

    std::unordered_map<const void*, std::string> functions_;
    std::unordered_map<const void*, std::string> scoped_;
};

}  // namespace leaklens
