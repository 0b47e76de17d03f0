#include "agent/symbols/symbol_table.h"

#include <elf.h>
#include <gelf.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "agent/symbols/demangle.h"

namespace leaklens {

namespace {

// More symbols than any linker wrote so far: a table that claims more is a lie about its size.
constexpr std::size_t kMostSymbols = 8'000'000;

// One function often has several names. The one that programs call is global, and has the fewest
// underscores: free rather than __libc_free.
std::tuple<bool, std::size_t, std::size_t> strangeness(std::uint8_t binding, const char* name) {
    return {binding == STB_LOCAL, std::strspn(name, "_"), std::strlen(name)};
}

// Functions in assembly often have no size: then they may reach to the end of their section.
std::uint64_t size_of(Elf* elf, const GElf_Sym& symbol) {
    GElf_Shdr section;
    if (symbol.st_size != 0 ||
        gelf_getshdr(elf_getscn(elf, symbol.st_shndx), &section) == nullptr ||
        symbol.st_value < section.sh_addr || symbol.st_value - section.sh_addr > section.sh_size) {
        return symbol.st_size;
    }
    return section.sh_size - (symbol.st_value - section.sh_addr);
}

}  // namespace

SymbolTable::SymbolTable(Elf* elf, std::uint32_t section_type) : elf_(elf) {
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr || header.sh_type != section_type) continue;
        Elf_Data* data = elf_getdata(section, nullptr);
        if (data == nullptr || header.sh_entsize == 0) continue;
        strings_ = header.sh_link;
        const auto count = std::min<std::size_t>(data->d_size / header.sh_entsize, kMostSymbols);
        for (std::size_t i = 0; i < count; ++i) {
            GElf_Sym symbol;
            if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
            const auto type = GELF_ST_TYPE(symbol.st_info);
            if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF ||
                symbol.st_value == 0) {
                continue;
            }
            symbols_.push_back({symbol.st_value, size_of(elf, symbol), symbol.st_name,
                                static_cast<std::uint8_t>(GELF_ST_BIND(symbol.st_info))});
        }
        break;  // There is at most one of each type.
    }
    std::stable_sort(symbols_.begin(), symbols_.end(),
                     [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
    symbols_.shrink_to_fit();
}

const char* SymbolTable::raw_name(const Symbol& symbol) const {
    const char* name = elf_strptr(elf_, strings_, symbol.name);
    return name == nullptr ? "" : name;
}

std::string SymbolTable::name_at(std::uint64_t address) const {
    const auto after = std::upper_bound(
        symbols_.begin(), symbols_.end(), address,
        [](std::uint64_t wanted, const Symbol& symbol) { return wanted < symbol.address; });
    if (after == symbols_.begin()) return {};
    const std::uint64_t start = std::prev(after)->address;
    const char* best = nullptr;
    std::uint8_t best_binding = 0;
    for (auto it = after; it != symbols_.begin() && std::prev(it)->address == start; --it) {
        const Symbol& symbol = *std::prev(it);
        if (address - symbol.address >= symbol.size) continue;
        const char* name = raw_name(symbol);
        if (*name == '\0') continue;
        if (best == nullptr ||
            strangeness(symbol.binding, name) < strangeness(best_binding, best)) {
            best = name;
            best_binding = symbol.binding;
        }
    }
    return best == nullptr ? std::string() : demangle(best);
}

}  // namespace leaklens
