// What names the separate debug file of an ELF file: its build id (a note) and .gnu_debuglink.
#include <elf.h>

#include <algorithm>
#include <span>

#include "agent/elf/byte_reader.h"
#include "agent/elf/elf_image.h"

namespace leaklens {

namespace {

constexpr std::uint64_t kMaxNotes = 1U << 20;
constexpr std::uint64_t kMaxDebugLink = 4096;
// SHA-1 has 20 bytes; linkers offer up to 32, and --build-id=0x... takes any length.
constexpr std::size_t kMaxBuildId = 64;

std::string to_hex(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        hex += digits[byte >> 4U];
        hex += digits[byte & 0xFU];
    }
    return hex;
}

// The descriptor of the NT_GNU_BUILD_ID note among `notes`, as hex. Names and descriptors are
// padded to `alignment` (4 or 8).
std::string find_build_id(std::span<const std::uint8_t> notes, std::uint64_t alignment) {
    ByteReader reader(notes);
    const auto padding = [&reader, alignment] {
        const std::uint64_t past = reader.offset() % alignment;
        return past == 0 ? 0 : std::min<std::uint64_t>(alignment - past, reader.remaining());
    };
    while (reader.ok() && reader.remaining() >= sizeof(Elf64_Nhdr)) {
        const std::uint32_t name_size = reader.u32();
        const std::uint32_t descriptor_size = reader.u32();
        const std::uint32_t type = reader.u32();
        const auto name = reader.bytes(name_size);
        reader.skip(padding());
        const auto descriptor = reader.bytes(descriptor_size);
        reader.skip(padding());
        if (!reader.ok()) break;
        constexpr std::string_view owner("GNU\0", 4);
        const bool gnu = std::equal(name.begin(), name.end(), owner.begin(), owner.end());
        if (gnu && type == NT_GNU_BUILD_ID && !descriptor.empty() &&
            descriptor.size() <= kMaxBuildId) {
            return to_hex(descriptor);
        }
    }
    return {};
}

}  // namespace

std::string ElfImage::build_id() const {
    if (const Section* note = section(".note.gnu.build-id")) {
        const auto bytes = read(*note, kMaxNotes);
        if (bytes.ok()) {
            std::string id = find_build_id(*bytes, 4);
            if (!id.empty()) return id;
        }
    }
    for (const Note& note : notes_) {
        if (note.size > kMaxNotes) continue;
        const auto bytes = read_file(note.offset, note.size);
        if (!bytes.ok()) continue;
        std::string id = find_build_id(*bytes, note.alignment == 8 ? 8 : 4);
        if (!id.empty()) return id;
    }
    return {};
}

std::optional<DebugLink> ElfImage::debug_link() const {
    const Section* link = section(".gnu_debuglink");
    if (link == nullptr) return std::nullopt;
    const auto bytes = read(*link, kMaxDebugLink);
    if (!bytes.ok()) return std::nullopt;
    ByteReader reader(*bytes);
    const std::string_view name = reader.string();
    reader.skip((4 - reader.offset() % 4) % 4);
    const std::uint32_t crc = reader.u32();
    const bool is_base_name =
        !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
    if (!reader.ok() || !is_base_name) return std::nullopt;
    return DebugLink{std::string(name), crc};
}

}  // namespace leaklens
