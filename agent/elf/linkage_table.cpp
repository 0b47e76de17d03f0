#include "agent/elf/linkage_table.h"

#include <elf.h>

#include <algorithm>

#include "agent/elf/byte_reader.h"
#include "agent/elf/dynamic_section.h"

namespace leaklens {

namespace {

// A C library has some hundred of the wanted kinds; the caps only bound what a false file costs.
constexpr std::uint64_t kMaxRelocations = 64ULL << 20;
constexpr std::size_t kMaxPointers = 1U << 16;
constexpr std::uint64_t kMaxNameLength = 4096;

void add_relocations(const ElfImage& image, std::uint64_t address, std::uint64_t size,
                     std::unordered_map<std::uint64_t, std::uint32_t>& symbols) {
    constexpr std::uint64_t chunk = 4096 * sizeof(Elf64_Rela);
    for (std::uint64_t done = 0; done < std::min(size, kMaxRelocations); done += chunk) {
        const auto bytes = image.read_virtual(address + done, std::min(chunk, size - done));
        if (!bytes.ok()) return;
        ByteReader reader(*bytes);
        while (reader.remaining() >= sizeof(Elf64_Rela)) {
            const std::uint64_t pointer = reader.u64();
            const std::uint64_t info = reader.u64();
            reader.skip(8);
            const auto type = ELF64_R_TYPE(info);
            if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
            if (symbols.size() == kMaxPointers) return;
            symbols.emplace(pointer, static_cast<std::uint32_t>(ELF64_R_SYM(info)));
        }
    }
}

}  // namespace

LinkageTable::LinkageTable(const ElfImage& image) : image_(image) {
    const DynamicSection dynamic = read_dynamic_section(image);
    symbols_address_ = dynamic.symbols_address;
    strings_address_ = dynamic.strings_address;
    strings_size_ = dynamic.strings_size;
    add_relocations(image, dynamic.plt_relocations_address, dynamic.plt_relocations_size, symbols_);
    add_relocations(image, dynamic.relocations_address, dynamic.relocations_size, symbols_);
}

std::optional<std::string> LinkageTable::function_at(std::uint64_t pointer) const {
    const auto found = symbols_.find(pointer);
    if (found == symbols_.end()) return std::nullopt;
    const auto symbol = image_.read_virtual(
        symbols_address_ + std::uint64_t{found->second} * sizeof(Elf64_Sym), sizeof(Elf64_Sym));
    if (!symbol.ok()) return std::nullopt;
    const std::uint64_t offset = ByteReader(*symbol).u32();
    if (offset >= strings_size_) return std::nullopt;
    const auto name = image_.read_virtual(strings_address_ + offset,
                                          std::min(strings_size_ - offset, kMaxNameLength));
    if (!name.ok()) return std::nullopt;
    return std::string(ByteReader(*name).string());
}

}  // namespace leaklens
