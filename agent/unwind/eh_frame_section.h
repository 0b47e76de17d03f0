// Finds .eh_frame in an ELF file, with and without section headers.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/elf/elf_image.h"
#include "agent/result.h"

namespace leaklens {

struct LoadedSection {
    std::vector<std::uint8_t> bytes;  // empty where the file has no .eh_frame
    std::uint64_t address = 0;
};

// Errors: malformed_file, and unsupported beyond 256 MiB (browsers have 30).
Result<LoadedSection> find_eh_frame(const ElfImage& image);

}  // namespace leaklens
