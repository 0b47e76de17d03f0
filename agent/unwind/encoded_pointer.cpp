#include "agent/unwind/encoded_pointer.h"

namespace leaklens {

std::optional<std::uint64_t> read_encoded_number(ByteReader& reader, std::uint8_t encoding) {
    const auto extended = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    std::uint64_t value = 0;
    switch (encoding & kPointerFormat) {
        case kPointerAbsolute:
        case kPointerUdata8:
        case kPointerSdata8:
            value = reader.u64();
            break;
        case kPointerUleb:
            value = reader.uleb();
            break;
        case kPointerSleb:
            value = extended(reader.sleb());
            break;
        case kPointerUdata2:
            value = reader.u16();
            break;
        case kPointerSdata2:
            value = extended(static_cast<std::int16_t>(reader.u16()));
            break;
        case kPointerUdata4:
            value = reader.u32();
            break;
        case kPointerSdata4:
            value = extended(static_cast<std::int32_t>(reader.u32()));
            break;
        default:
            return std::nullopt;
    }
    if (!reader.ok()) return std::nullopt;
    return value;
}

std::optional<std::uint64_t> read_encoded_pointer(ByteReader& reader, std::uint8_t encoding,
                                                  std::uint64_t address,
                                                  std::optional<std::uint64_t> data_base) {
    if (encoding == kPointerOmitted || (encoding & kPointerIndirect) != 0) return std::nullopt;
    const std::uint64_t here = address + reader.offset();
    const auto value = read_encoded_number(reader, encoding);
    if (!value) return std::nullopt;
    switch (encoding & kPointerBase) {
        case kPointerAbsolute:
            return *value;
        case kPointerPcRelative:
            return here + *value;
        case kPointerDataRelative:
            if (!data_base) return std::nullopt;
            return *data_base + *value;
        default:
            return std::nullopt;
    }
}

}  // namespace leaklens
