// The records of .eh_frame: which functions a file describes, and by which call frame programs
// (LSB Core, "Exception Frames").
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/unwind/cfa_program.h"

namespace leaklens {

// A section's bytes and where they are loaded.
struct EhFrameBytes {
    std::span<const std::uint8_t> bytes;
    std::uint64_t address = 0;
};

// Part of a section's bytes.
struct EhFramePart {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
};

// A common information entry: what several functions share.
struct CommonEntry {
    std::uint32_t offset = 0;  // in the section, of its length field
    bool usable = false;       // false: malformed, or of a kind that is not understood
    bool has_augmentation_data = false;
    bool signal_frame = false;
    CfaContext context;
};

// A frame description entry: one function, or one of its parts.
struct FrameDescription {
    std::uint64_t begin = 0;  // virtual addresses, the end exclusive
    std::uint64_t end = 0;
    std::uint32_t common_entry = 0;  // index into EhFrame::common_entries
    EhFramePart instructions;
};

struct EhFrame {
    std::vector<CommonEntry> common_entries;
    std::vector<FrameDescription> descriptions;  // in the section's order
    // Descriptions that were left out: malformed, or of a kind that is not understood.
    std::uint32_t unreadable = 0;
};

// Reads all records. Malformed ones are left out and counted, and so is what goes beyond
// `max_descriptions`; a record whose length leaves the section ends it. The result refers to the
// bytes, of which there must be less than 4 GiB.
EhFrame read_eh_frame(const EhFrameBytes& section, std::size_t max_descriptions);

}  // namespace leaklens
