#include "agent/unwind/eh_frame.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "agent/elf/byte_reader.h"
#include "agent/unwind/encoded_pointer.h"

namespace leaklens {

namespace {

constexpr std::uint32_t kExtendedLength = 0xFFFFFFFF;
// Linkers merge equal entries, so that even large programs have a few thousand.
constexpr std::size_t kMaxCommonEntries = 1U << 18;

// Reads what the augmentation's letters announce. False where one of them is unknown: what the
// entry means is unknown then, too.
bool read_augmentation(std::string_view letters, ByteReader& data, CommonEntry& entry) {
    for (const char letter : letters) {
        switch (letter) {
            case 'R':
                entry.context.pointer_encoding = data.u8();
                break;
            case 'L':
                data.u8();
                break;
            case 'P': {
                const std::uint8_t encoding = data.u8();
                if (encoding != kPointerOmitted && !read_encoded_number(data, encoding)) {
                    return false;
                }
                break;
            }
            case 'S':
                entry.signal_frame = true;
                break;
            default:
                return false;
        }
    }
    return data.ok();
}

// `record` begins behind the CIE's id field, at `offset` in the section.
CommonEntry read_common_entry(std::span<const std::uint8_t> record, std::uint64_t address) {
    CommonEntry entry;
    ByteReader reader(record);
    const std::uint8_t version = reader.u8();
    if (version != 1 && version != 3 && version != 4) return entry;
    std::string_view augmentation = reader.string();
    if (version == 4) {
        const std::uint8_t address_size = reader.u8();
        const std::uint8_t segment_selector_size = reader.u8();
        if (address_size != 8 || segment_selector_size != 0) return entry;
    }
    entry.context.code_alignment = reader.uleb();
    entry.context.data_alignment = reader.sleb();
    const std::uint64_t return_register = version == 1 ? reader.u8() : reader.uleb();
    if (return_register != kDwarfReturnAddress) return entry;

    if (augmentation.starts_with('z')) {
        entry.has_augmentation_data = true;
        ByteReader data(reader.bytes(reader.uleb()));
        if (!read_augmentation(augmentation.substr(1), data, entry)) return entry;
    } else if (!augmentation.empty()) {
        return entry;
    }
    if (!reader.ok()) return entry;

    const std::size_t offset = reader.offset();
    CfaProgram program(entry.context, record.subspan(offset), address + offset, 0);
    if (program.next() != CfaProgram::Step::ended) return entry;
    entry.context.initial = program.rules();
    entry.usable = true;
    return entry;
}

class EhFrameReader {
  public:
    EhFrameReader(const EhFrameBytes& section, std::size_t max_descriptions)
        : section_(section), max_descriptions_(max_descriptions) {}

    EhFrame read() {
        ByteReader reader(section_.bytes);
        while (reader.remaining() >= 4) {
            const auto start = static_cast<std::uint32_t>(reader.offset());
            std::uint64_t length = reader.u32();
            // Linkers leave terminators of single input files in the middle.
            if (length == 0) continue;
            if (length == kExtendedLength) length = reader.u64();
            const auto offset = static_cast<std::uint32_t>(reader.offset());
            const auto record = reader.bytes(length);
            if (!reader.ok()) {
                ++result_.unreadable;
                break;
            }
            read_record(start, offset, record);
        }
        return std::move(result_);
    }

  private:
    void read_record(std::uint32_t start, std::uint32_t offset,
                     std::span<const std::uint8_t> record) {
        ByteReader reader(record);
        const std::uint32_t id = reader.u32();
        if (!reader.ok()) {
            ++result_.unreadable;
            return;
        }
        constexpr std::uint32_t id_size = 4;
        if (id == 0) {
            if (result_.common_entries.size() == kMaxCommonEntries) return;
            result_.common_entries.push_back(
                read_common_entry(record.subspan(id_size), section_.address + offset + id_size));
            result_.common_entries.back().offset = start;
            return;
        }
        // The id field of an FDE is the distance back to its CIE.
        const auto index = id <= offset ? common_entry_at(offset - id) : std::nullopt;
        const auto description =
            index ? read_description(*index, offset, reader, record) : std::nullopt;
        if (description && result_.descriptions.size() < max_descriptions_) {
            result_.descriptions.push_back(*description);
        } else {
            ++result_.unreadable;
        }
    }

    // Only entries that were met as records count: a file could otherwise make one long CIE be
    // read again from each of its bytes.
    [[nodiscard]] std::optional<std::uint32_t> common_entry_at(std::uint32_t offset) const {
        const auto& entries = result_.common_entries;
        const auto found = std::ranges::lower_bound(entries, offset, {}, &CommonEntry::offset);
        if (found == entries.end() || found->offset != offset || !found->usable) {
            return std::nullopt;
        }
        return static_cast<std::uint32_t>(found - entries.begin());
    }

    [[nodiscard]] std::optional<FrameDescription> read_description(
        std::uint32_t common_entry, std::uint32_t offset, ByteReader reader,
        std::span<const std::uint8_t> record) const {
        const CommonEntry& common = result_.common_entries[common_entry];
        const std::uint8_t encoding = common.context.pointer_encoding;
        const auto begin =
            read_encoded_pointer(reader, encoding, section_.address + offset, std::nullopt);
        const auto size = read_encoded_number(reader, encoding);
        if (!begin || !size || *size > std::numeric_limits<std::uint64_t>::max() - *begin) {
            return std::nullopt;
        }
        if (common.has_augmentation_data) reader.skip(reader.uleb());
        if (!reader.ok()) return std::nullopt;
        const auto at = static_cast<std::uint32_t>(reader.offset());
        return FrameDescription{
            .begin = *begin,
            .end = *begin + *size,
            .common_entry = common_entry,
            .instructions = {offset + at, static_cast<std::uint32_t>(record.size()) - at}};
    }

    const EhFrameBytes& section_;
    std::size_t max_descriptions_;
    EhFrame result_;
};

}  // namespace

EhFrame read_eh_frame(const EhFrameBytes& section, std::size_t max_descriptions) {
    return EhFrameReader(section, max_descriptions).read();
}

}  // namespace leaklens
