// Function names from .symtab or .dynsym: what is left where there is no DWARF.
#pragma once

#include <libelf.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace leaklens {

class SymbolTable {
  public:
    SymbolTable() = default;
    // Reads the symbols of a section type (SHT_SYMTAB or SHT_DYNSYM); none where the file has no
    // such section. The Elf must outlive the table.
    SymbolTable(Elf* elf, std::uint32_t section_type);

    [[nodiscard]] bool empty() const { return symbols_.empty(); }
    // Demangled name of the function that holds an ELF virtual address, empty where none does.
    // Functions without a size, as assembly has them, reach to the next symbol of their section.
    [[nodiscard]] std::string name_at(std::uint64_t address) const;

  private:
    struct Symbol {
        std::uint64_t address = 0;
        std::uint64_t size = 0;
        std::uint32_t name = 0;  // offset into the string table
        std::uint8_t binding = 0;
    };
    [[nodiscard]] const char* raw_name(const Symbol& symbol) const;

    Elf* elf_ = nullptr;
    std::size_t strings_ = 0;  // section index of the string table
    std::vector<Symbol> symbols_;
};

}  // namespace leaklens
