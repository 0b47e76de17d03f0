// Which function a stub of the procedure linkage table leads to, by the relocations of its pointer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "agent/elf/elf_image.h"

namespace leaklens {

class LinkageTable {
  public:
    // Reads the relocations; a file without any has an empty table.
    explicit LinkageTable(const ElfImage& image);

    // Name of the function whose address the loader puts at `pointer` (a virtual address). The
    // symbol may be bound to another module.
    [[nodiscard]] std::optional<std::string> function_at(std::uint64_t pointer) const;

  private:
    const ElfImage& image_;
    std::uint64_t symbols_address_ = 0;
    std::uint64_t strings_address_ = 0;
    std::uint64_t strings_size_ = 0;
    std::unordered_map<std::uint64_t, std::uint32_t> symbols_;  // by pointer
};

}  // namespace leaklens
