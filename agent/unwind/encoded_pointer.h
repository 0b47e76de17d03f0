// Pointers as .eh_frame and .eh_frame_hdr write them: a byte says their format and what they are
// relative to (LSB Core, "DWARF Exception Header Encoding").
#pragma once

#include <cstdint>
#include <optional>

#include "agent/elf/byte_reader.h"

namespace leaklens {

enum PointerEncoding : std::uint8_t {
    kPointerAbsolute = 0x00,
    kPointerUleb = 0x01,
    kPointerUdata2 = 0x02,
    kPointerUdata4 = 0x03,
    kPointerUdata8 = 0x04,
    kPointerSleb = 0x09,
    kPointerSdata2 = 0x0A,
    kPointerSdata4 = 0x0B,
    kPointerSdata8 = 0x0C,
    kPointerFormat = 0x0F,  // mask of the formats above
    kPointerPcRelative = 0x10,
    kPointerDataRelative = 0x30,
    kPointerBase = 0x70,  // mask of what a pointer is relative to
    kPointerIndirect = 0x80,
    kPointerOmitted = 0xFF,
};

// Reads a number in an encoding's format. Nothing where the format is unknown or the bytes end.
std::optional<std::uint64_t> read_encoded_number(ByteReader& reader, std::uint8_t encoding);

// Reads a pointer and makes it a virtual address. `address` is that of the reader's first byte.
// `data_base` is what data-relative pointers count from; without one, they cannot be read.
// Indirect pointers cannot be read from a file, because the loader fills in what they point to.
std::optional<std::uint64_t> read_encoded_pointer(ByteReader& reader, std::uint8_t encoding,
                                                  std::uint64_t address,
                                                  std::optional<std::uint64_t> data_base);

}  // namespace leaklens
