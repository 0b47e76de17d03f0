// Headers, bytes and addresses of an ELF file. Layout of the structures: System V ABI, chapters 4
// and 5, by way of <elf.h>.
#include "agent/elf/elf_image.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <span>

#include "agent/elf/byte_reader.h"

namespace leaklens {

namespace {

constexpr std::uint64_t kPageSize = 4096;
// Real files have a few dozen sections and a few kilobytes of names; more is not worth the memory.
constexpr std::uint32_t kMaxSections = 1U << 16;
constexpr std::uint64_t kMaxSectionNames = 16U << 20;
constexpr std::uint64_t kMaxRead = 1ULL << 30;

Error malformed(std::string what) {
    return Error{ErrorKind::malformed_file, std::move(what), {}};
}

// Fills `out` from the file. False where the file is shorter or cannot be read.
bool read_exactly(int fd, std::uint64_t offset, std::span<std::uint8_t> out) {
    while (!out.empty()) {
        if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return false;
        const ssize_t got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        offset += static_cast<std::uint64_t>(got);
        out = out.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

template <typename T>
bool read_struct(int fd, std::uint64_t offset, T& out) {
    return read_exactly(fd, offset, {reinterpret_cast<std::uint8_t*>(&out), sizeof out});
}

bool range_fits(std::uint64_t offset, std::uint64_t size, std::uint64_t limit) {
    return offset <= limit && size <= limit - offset;
}

}  // namespace

Result<ElfImage> ElfImage::open(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return Error::from_errno("fstat of an ELF file");
    Elf64_Ehdr header{};
    if (!read_struct(fd, 0, header)) return malformed("shorter than an ELF header");
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return malformed("not an ELF file");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != EM_X86_64) {
        return Error{ErrorKind::unsupported, "not an x86-64 ELF file", {}};
    }
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
        return Error{ErrorKind::unsupported, "neither an executable nor a shared object", {}};
    }
    if (header.e_phentsize != sizeof(Elf64_Phdr)) return malformed("odd program header size");

    ElfImage image;
    image.fd_ = fd;
    image.machine_ = header.e_machine;
    image.file_size_ = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));

    // Counts that do not fit the header's 16 bits are kept in the first section header.
    Elf64_Shdr first{};
    const bool has_sections = header.e_shoff != 0 && header.e_shentsize == sizeof first &&
                              read_struct(fd, header.e_shoff, first);
    std::uint32_t segment_count = header.e_phnum;
    if (segment_count == PN_XNUM) segment_count = has_sections ? first.sh_info : 0;
    const Status segments = image.read_program_headers(header.e_phoff, segment_count);
    if (!segments.ok()) return segments.error();
    if (has_sections) {
        const std::uint64_t count = header.e_shnum != 0 ? header.e_shnum : first.sh_size;
        const std::uint32_t names =
            header.e_shstrndx == SHN_XINDEX ? first.sh_link : header.e_shstrndx;
        if (count <= kMaxSections) {
            image.read_section_headers(header.e_shoff, static_cast<std::uint32_t>(count), names);
        }
    }
    return image;
}

Status ElfImage::read_program_headers(std::uint64_t offset, std::uint32_t count) {
    const auto table = read_file(offset, std::uint64_t{count} * sizeof(Elf64_Phdr));
    if (!table.ok()) return malformed("program headers lie outside the file");
    for (std::size_t i = 0; i < count; ++i) {
        Elf64_Phdr header{};
        std::memcpy(&header, table->data() + i * sizeof header, sizeof header);
        if (header.p_vaddr > std::numeric_limits<std::uint64_t>::max() - header.p_memsz) continue;
        const LoadSegment segment{
            .vaddr = header.p_vaddr,
            .offset = header.p_offset,
            .file_size = std::min(header.p_filesz, header.p_memsz),
            .memory_size = header.p_memsz,
            .executable = (header.p_flags & PF_X) != 0,
        };
        if (!range_fits(segment.offset, segment.file_size, file_size_)) {
            if (header.p_type == PT_LOAD) return malformed("a segment lies outside the file");
            continue;
        }
        if (header.p_type == PT_LOAD && segment.memory_size > 0) segments_.push_back(segment);
        if (header.p_type == PT_DYNAMIC) dynamic_ = segment;
        if (header.p_type == PT_GNU_EH_FRAME) eh_frame_header_ = segment.vaddr;
        if (header.p_type == PT_NOTE) {
            notes_.push_back({segment.offset, segment.file_size, header.p_align});
        }
    }
    if (segments_.empty()) return malformed("nothing to load");
    return {};
}

void ElfImage::read_section_headers(std::uint64_t offset, std::uint32_t count,
                                    std::uint32_t names) {
    const auto table = read_file(offset, std::uint64_t{count} * sizeof(Elf64_Shdr));
    if (!table.ok() || names >= count) return;
    const auto header_at = [&table](std::size_t i) {
        Elf64_Shdr header{};
        std::memcpy(&header, table->data() + i * sizeof header, sizeof header);
        return header;
    };
    const Elf64_Shdr names_header = header_at(names);
    if (names_header.sh_size > kMaxSectionNames) return;
    const auto name_bytes = read_file(names_header.sh_offset, names_header.sh_size);
    if (!name_bytes.ok()) return;
    const std::span<const std::uint8_t> name_span(*name_bytes);
    sections_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Elf64_Shdr header = header_at(i);
        Section section{.name = {},
                        .type = header.sh_type,
                        .link = header.sh_link,
                        .address = header.sh_addr,
                        .offset = header.sh_offset,
                        .size = header.sh_size};
        // A debug file keeps the headers of what it left out, as SHT_NOBITS; anything else that
        // lies outside the file is garbage, kept only so that indexes (sh_link) stay right.
        if (header.sh_type != SHT_NOBITS &&
            !range_fits(header.sh_offset, header.sh_size, file_size_)) {
            section.type = SHT_NULL;
        }
        if (header.sh_name < name_span.size()) {
            section.name = ByteReader(name_span.subspan(header.sh_name)).string();
        }
        sections_.push_back(std::move(section));
    }
}

std::uint64_t ElfImage::image_base() const {
    std::uint64_t base = std::numeric_limits<std::uint64_t>::max();
    for (const LoadSegment& segment : segments_)
        base = std::min(base, segment.vaddr);
    return base & ~(kPageSize - 1);
}

const Section* ElfImage::section(std::string_view name) const {
    for (const Section& section : sections_) {
        if (section.type != SHT_NULL && section.name == name) return &section;
    }
    return nullptr;
}

Result<std::vector<std::uint8_t>> ElfImage::read(const Section& section,
                                                 std::uint64_t limit) const {
    if (section.type == SHT_NOBITS) return std::vector<std::uint8_t>{};
    if (section.size > limit) return malformed("section " + section.name + " is too large");
    return read_file(section.offset, section.size);
}

Result<std::vector<std::uint8_t>> ElfImage::read_file(std::uint64_t offset,
                                                      std::uint64_t size) const {
    // The size is checked against the file before memory is taken for it.
    if (size > kMaxRead || !range_fits(offset, size, file_size_)) {
        return malformed("bytes outside the file");
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    if (!read_exactly(fd_, offset, bytes)) return malformed("the file became shorter");
    return bytes;
}

Result<std::vector<std::uint8_t>> ElfImage::read_virtual(std::uint64_t address,
                                                         std::uint64_t size) const {
    for (const LoadSegment& segment : segments_) {
        if (address < segment.vaddr) continue;
        const std::uint64_t inside = address - segment.vaddr;
        if (range_fits(inside, size, segment.file_size)) {
            return read_file(segment.offset + inside, size);
        }
    }
    return malformed("an address outside the file's segments");
}

std::optional<std::uint64_t> ElfImage::file_offset(std::uint64_t address) const {
    for (const LoadSegment& segment : segments_) {
        if (!segment.executable || address < segment.vaddr) continue;
        const std::uint64_t inside = address - segment.vaddr;
        if (inside < segment.file_size) return segment.offset + inside;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> ElfImage::virtual_address(std::uint64_t file_offset) const {
    for (const bool executable : {true, false}) {
        for (const LoadSegment& segment : segments_) {
            if (segment.executable != executable) continue;
            // The loader maps whole pages, so a mapping may begin before its segment does.
            const std::uint64_t before = std::min(segment.offset % kPageSize, segment.vaddr);
            const std::uint64_t first = segment.offset - before;
            if (file_offset < first || file_offset - first >= segment.file_size + before) continue;
            return segment.vaddr - before + (file_offset - first);
        }
    }
    return std::nullopt;
}

}  // namespace leaklens
