// A bounds-checked reader of ELF files. The file belongs to the target and may be malformed or
// change while it is read, so nothing is mapped: every part is read with pread and checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/result.h"

namespace leaklens {

struct LoadSegment {
    std::uint64_t vaddr = 0;   // p_vaddr
    std::uint64_t offset = 0;  // p_offset
    std::uint64_t file_size = 0;
    std::uint64_t memory_size = 0;
    bool executable = false;
};

struct Section {
    std::string name;
    std::uint32_t type = 0;
    std::uint32_t link = 0;     // sh_link: of a symbol table, the index of its string table
    std::uint64_t address = 0;  // virtual address, 0 where it is not loaded
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct DebugLink {
    std::string file_name;  // a base name: links with a slash are refused
    std::uint32_t crc = 0;
};

// A function symbol: sizes may be 0 in hand-written assembly.
struct FunctionSymbol {
    std::uint64_t address = 0;  // virtual address
    std::uint64_t size = 0;
};

class ElfImage {
  public:
    // Reads headers from a descriptor that stays owned by the caller and must outlive the image.
    // Errors are of kind malformed_file, or unsupported for 32-bit and foreign machines. Section
    // headers that are missing or make no sense are no error: then there are no sections.
    static Result<ElfImage> open(int fd);

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] std::uint16_t machine() const { return machine_; }
    [[nodiscard]] const std::vector<LoadSegment>& load_segments() const { return segments_; }
    // Lowest PT_LOAD virtual address, rounded down to its page: what rows and offsets count from.
    [[nodiscard]] std::uint64_t image_base() const;
    [[nodiscard]] const std::vector<Section>& sections() const { return sections_; }
    [[nodiscard]] const Section* section(std::string_view name) const;
    // The section's bytes; empty for SHT_NOBITS. Sizes are capped at `limit` (an error beyond it).
    [[nodiscard]] Result<std::vector<std::uint8_t>> read(const Section& section,
                                                         std::uint64_t limit) const;
    // Bytes of the file; an error unless all of them are there.
    [[nodiscard]] Result<std::vector<std::uint8_t>> read_file(std::uint64_t offset,
                                                              std::uint64_t size) const;
    // Bytes at a virtual address, through the load segments: all from one segment's file part.
    [[nodiscard]] Result<std::vector<std::uint8_t>> read_virtual(std::uint64_t address,
                                                                 std::uint64_t size) const;
    // File offset of a virtual address inside an executable segment: what uprobes are placed at.
    [[nodiscard]] std::optional<std::uint64_t> file_offset(std::uint64_t address) const;
    // Virtual address of a file offset, as /proc/PID/maps counts: pages are mapped whole, so what
    // precedes a segment in its first page counts as part of it. Executable segments come first,
    // because one page of the file may be mapped for two segments and code is what is asked for.
    [[nodiscard]] std::optional<std::uint64_t> virtual_address(std::uint64_t file_offset) const;

    // Virtual address of .eh_frame_hdr (PT_GNU_EH_FRAME).
    [[nodiscard]] std::optional<std::uint64_t> eh_frame_header() const { return eh_frame_header_; }
    // Where PT_DYNAMIC's entries lie.
    [[nodiscard]] const std::optional<LoadSegment>& dynamic_segment() const { return dynamic_; }

    [[nodiscard]] std::string build_id() const;  // lower-case hex, empty where there is none
    [[nodiscard]] std::optional<DebugLink> debug_link() const;
    // Defined global or weak function symbols of these names, from the dynamic symbols, then
    // .symtab. Indirect functions (STT_GNU_IFUNC) are left out: their address is a resolver's.
    // Result is parallel to `names`.
    [[nodiscard]] std::vector<std::optional<FunctionSymbol>> functions(
        const std::vector<std::string_view>& names) const;

  private:
    struct Note {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
        std::uint64_t alignment = 0;
    };

    Status read_program_headers(std::uint64_t offset, std::uint32_t count);
    void read_section_headers(std::uint64_t offset, std::uint32_t count, std::uint32_t names);

    int fd_ = -1;
    std::uint16_t machine_ = 0;
    std::uint64_t file_size_ = 0;
    std::vector<LoadSegment> segments_;
    std::vector<Section> sections_;
    std::vector<Note> notes_;  // PT_NOTE
    std::optional<std::uint64_t> eh_frame_header_;
    std::optional<LoadSegment> dynamic_;
};

}  // namespace leaklens
