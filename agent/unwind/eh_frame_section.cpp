#include "agent/unwind/eh_frame_section.h"

#include <algorithm>
#include <optional>

#include "agent/elf/byte_reader.h"
#include "agent/unwind/encoded_pointer.h"

namespace leaklens {

namespace {

constexpr std::uint64_t kMaxSection = 256ULL << 20;
constexpr std::uint64_t kHeaderSize = 32;  // more than the fields before the table need
constexpr std::uint8_t kHeaderVersion = 1;

// Addresses of the section's first byte and behind its last one.
struct SectionRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

// .eh_frame_hdr says where .eh_frame begins. Its size follows from the header's search table: the
// last description that it names is the last in the section (LSB Core, "The .eh_frame_hdr
// section").
std::optional<SectionRange> range_from_header(const ElfImage& image, std::uint64_t address) {
    const auto header = image.read_virtual(address, kHeaderSize);
    if (!header.ok()) return std::nullopt;
    ByteReader reader(*header);
    const std::uint8_t version = reader.u8();
    const std::uint8_t begin_encoding = reader.u8();
    const std::uint8_t count_encoding = reader.u8();
    const std::uint8_t table_encoding = reader.u8();
    const auto begin = read_encoded_pointer(reader, begin_encoding, address, address);
    const auto count = read_encoded_pointer(reader, count_encoding, address, address);
    // No linker writes another kind of table, for no unwinder would search it.
    constexpr std::uint8_t searchable = kPointerDataRelative | kPointerSdata4;
    if (version != kHeaderVersion || !begin || !count || table_encoding != searchable) {
        return std::nullopt;
    }
    constexpr std::uint64_t entry_size = 8;
    if (*count > kMaxSection / entry_size) return std::nullopt;
    const auto table = image.read_virtual(address + reader.offset(), *count * entry_size);
    if (!table.ok()) return std::nullopt;
    std::uint64_t last = *begin;
    for (ByteReader entry(*table); !entry.at_end();) {
        entry.skip(4);
        const auto relative = static_cast<std::int32_t>(entry.u32());
        last = std::max(last, address + static_cast<std::uint64_t>(std::int64_t{relative}));
    }
    const auto length = image.read_virtual(last, 4);
    if (!length.ok()) return std::nullopt;
    return SectionRange{*begin, last + 4 + ByteReader(*length).u32()};
}

}  // namespace

Result<LoadedSection> find_eh_frame(const ElfImage& image) {
    if (const Section* section = image.section(".eh_frame")) {
        if (section->size > kMaxSection) {
            return Error{ErrorKind::unsupported, "more than 256 MiB of unwind information", {}};
        }
        auto bytes = image.read(*section, kMaxSection);
        if (!bytes.ok()) return bytes.error();
        return LoadedSection{std::move(bytes).value(), section->address};
    }
    const auto header = image.eh_frame_header();
    const auto range = header ? range_from_header(image, *header) : std::nullopt;
    if (!range || range->end < range->begin) return LoadedSection{};
    if (range->end - range->begin > kMaxSection) {
        return Error{ErrorKind::unsupported, "more than 256 MiB of unwind information", {}};
    }
    auto bytes = image.read_virtual(range->begin, range->end - range->begin);
    if (!bytes.ok()) return bytes.error();
    return LoadedSection{std::move(bytes).value(), range->begin};
}

}  // namespace leaklens
