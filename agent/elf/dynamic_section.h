// What the dynamic loader reads of a file: name, symbols and relocations, found through PT_DYNAMIC
// and therefore also in files without section headers.
#pragma once

#include <cstdint>
#include <string>

#include "agent/elf/elf_image.h"

namespace leaklens {

struct DynamicSection {
    std::string soname;  // DT_SONAME, empty where there is none
    // Virtual addresses and sizes in bytes; a size of 0 means that there is no such table.
    std::uint64_t symbols_address = 0;
    std::uint64_t symbols_size = 0;
    std::uint64_t strings_address = 0;
    std::uint64_t strings_size = 0;
    std::uint64_t relocations_address = 0;  // DT_RELA
    std::uint64_t relocations_size = 0;
    std::uint64_t plt_relocations_address = 0;  // DT_JMPREL
    std::uint64_t plt_relocations_size = 0;
};

// Everything is empty where the file has no (usable) dynamic section.
DynamicSection read_dynamic_section(const ElfImage& image);

}  // namespace leaklens
