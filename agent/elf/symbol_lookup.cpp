// Finds a few functions by name in symbol tables of any size, in constant memory: the string table
// is scanned once for the places where a wanted name ends, then the symbols are streamed and only
// their name offsets are compared.
#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "agent/elf/dynamic_section.h"
#include "agent/elf/elf_image.h"

namespace leaklens {

namespace {

constexpr std::uint64_t kChunk = 1U << 20;
constexpr std::uint64_t kMaxTable = 512ULL << 20;
// A name is found wherever a longer one ends with it ("pool_free"); a table that goes beyond this
// was made to.
constexpr std::size_t kMaxNameOffsets = 1U << 20;

struct TableRange {
    std::uint64_t offset = 0;  // in the file
    std::uint64_t size = 0;
};

using Found = std::vector<std::optional<FunctionSymbol>>;

// An offset in the string table at which a wanted name stands.
struct NameOffset {
    std::uint32_t offset = 0;
    std::uint32_t name = 0;  // index into the wanted names
};

// All of them, by offset. A name may be the tail of a longer string: linkers merge them.
std::vector<NameOffset> find_names(const ElfImage& image, const TableRange& strings,
                                   const std::vector<std::string_view>& names, const Found& found) {
    std::array<std::vector<std::uint32_t>, 256> by_last_byte;
    std::size_t longest = 0;
    for (std::uint32_t i = 0; i < names.size(); ++i) {
        if (names[i].empty() || found[i]) continue;
        by_last_byte[static_cast<std::uint8_t>(names[i].back())].push_back(i);
        longest = std::max(longest, names[i].size());
    }
    std::vector<NameOffset> offsets;
    if (longest == 0) return offsets;

    // Chunks overlap by the longest name and its NUL, so that none is missed at a boundary.
    for (std::uint64_t done = 0; done < strings.size;) {
        const std::uint64_t begin = done - std::min<std::uint64_t>(done, longest);
        const std::uint64_t end = std::min(done + kChunk, strings.size);
        const auto bytes = image.read_file(strings.offset + begin, end - begin);
        if (!bytes.ok()) break;
        const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
        for (std::size_t nul = text.find('\0', static_cast<std::size_t>(done - begin));
             nul != std::string_view::npos; nul = text.find('\0', nul + 1)) {
            if (nul == 0) continue;
            for (const std::uint32_t i : by_last_byte[static_cast<std::uint8_t>(text[nul - 1])]) {
                if (!text.substr(0, nul).ends_with(names[i])) continue;
                if (offsets.size() == kMaxNameOffsets) return {};
                offsets.push_back({static_cast<std::uint32_t>(begin + nul - names[i].size()), i});
            }
        }
        done = end;
    }
    std::ranges::sort(offsets, {}, &NameOffset::offset);
    return offsets;
}

void search_table(const ElfImage& image, const TableRange& symbols, const TableRange& strings,
                  const std::vector<std::string_view>& names, Found& found) {
    if (symbols.size > kMaxTable || strings.size > kMaxTable) return;
    const auto wanted = find_names(image, strings, names, found);
    if (wanted.empty()) return;
    constexpr std::uint64_t step = kChunk / sizeof(Elf64_Sym) * sizeof(Elf64_Sym);
    for (std::uint64_t done = 0; done + sizeof(Elf64_Sym) <= symbols.size; done += step) {
        const auto bytes =
            image.read_file(symbols.offset + done, std::min(step, symbols.size - done));
        if (!bytes.ok()) return;
        for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= bytes->size(); at += sizeof(Elf64_Sym)) {
            Elf64_Sym symbol{};
            std::memcpy(&symbol, bytes->data() + at, sizeof symbol);
            if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
            if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL) continue;
            if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) continue;
            const auto at_name =
                std::ranges::lower_bound(wanted, symbol.st_name, {}, &NameOffset::offset);
            if (at_name == wanted.end() || at_name->offset != symbol.st_name) continue;
            auto& function = found[at_name->name];
            if (!function) function = FunctionSymbol{symbol.st_value, symbol.st_size};
        }
    }
}

// File range of a table that is known by its address.
std::optional<TableRange> range_at(const ElfImage& image, std::uint64_t address,
                                   std::uint64_t size) {
    for (const LoadSegment& segment : image.load_segments()) {
        if (address < segment.vaddr) continue;
        const std::uint64_t inside = address - segment.vaddr;
        if (inside < segment.file_size && size <= segment.file_size - inside) {
            return TableRange{segment.offset + inside, size};
        }
    }
    return std::nullopt;
}

// Searches every symbol table section of a type. False where there is none.
bool search_sections(const ElfImage& image, std::uint32_t type,
                     const std::vector<std::string_view>& names, Found& found) {
    bool any = false;
    for (const Section& symbols : image.sections()) {
        if (symbols.type != type || symbols.link >= image.sections().size()) continue;
        const Section& strings = image.sections()[symbols.link];
        if (strings.type != SHT_STRTAB) continue;
        search_table(image, {symbols.offset, symbols.size}, {strings.offset, strings.size}, names,
                     found);
        any = true;
        break;  // The format allows one table of each type.
    }
    return any;
}

}  // namespace

std::vector<std::optional<FunctionSymbol>> ElfImage::functions(
    const std::vector<std::string_view>& names) const {
    Found found(names.size());
    if (!search_sections(*this, SHT_DYNSYM, names, found)) {
        const DynamicSection dynamic = read_dynamic_section(*this);
        const auto symbols = range_at(*this, dynamic.symbols_address, dynamic.symbols_size);
        const auto strings = range_at(*this, dynamic.strings_address, dynamic.strings_size);
        if (symbols && strings) search_table(*this, *symbols, *strings, names, found);
    }
    search_sections(*this, SHT_SYMTAB, names, found);
    return found;
}

}  // namespace leaklens
