// Thousands of damaged copies of real files, by a fixed seed: none may crash the reader, and what
// it still returns keeps its promises. The fuzzers go deeper; this runs everywhere.
#include <doctest/doctest.h>
#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

#include "agent/fuzz/exercise_elf.h"
#include "agent/tests/elf_files.h"

namespace leaklens {
namespace {

using test::Bytes;

struct Range {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

// The parts that are parsed. Damage to the rest of a file changes nothing.
std::vector<Range> parsed_ranges(const ElfImage& image, const Bytes& bytes) {
    Elf64_Ehdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    std::vector<Range> ranges{
        {0, sizeof header},
        {header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr)},
        {header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr)},
    };
    for (const char* name : {".dynamic", ".dynsym", ".dynstr", ".gnu.hash", ".rela.plt",
                             ".note.gnu.build-id", ".gnu_debuglink", ".eh_frame_hdr", ".eh_frame",
                             ".symtab", ".strtab", ".shstrtab", ".plt", ".text"}) {
        const Section* section = image.section(name);
        if (section != nullptr && section->size > 0) {
            ranges.push_back({section->offset, section->size});
        }
    }
    return ranges;
}

class Mutator {
  public:
    Mutator(Bytes original, std::uint64_t seed)
        : original_(std::move(original)), file_(test::memory_file(original_)), random_(seed) {
        const auto image = ElfImage::open(file_.get());
        REQUIRE(image.ok());
        ranges_ = parsed_ranges(*image, original_);
    }

    // Damages the file, reads it, and repairs it. True where it was still read as an ELF file.
    bool run_once() {
        std::vector<Range> damaged;
        const std::uint64_t count = 1 + below(4);
        for (std::uint64_t i = 0; i < count; ++i)
            damaged.push_back(damage());
        const bool truncated = below(16) == 0;
        if (truncated) {
            REQUIRE(::ftruncate(file_.get(), static_cast<off_t>(below(original_.size()))) == 0);
        }
        const bool read = fuzz::exercise_elf(file_.get());
        if (truncated) {
            write(0, original_);
        } else {
            for (const Range& range : damaged) {
                write(range.offset, std::span(original_).subspan(range.offset, range.size));
            }
        }
        return read;
    }

  private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

    void write(std::uint64_t offset, std::span<const std::uint8_t> bytes) const {
        REQUIRE(::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
                static_cast<ssize_t>(bytes.size()));
    }

    // Changes 1 to 8 bytes and returns where.
    Range damage() {
        const Range& range = ranges_[below(ranges_.size())];
        const std::uint64_t size = std::uint64_t{1} << below(4);
        const std::uint64_t at = range.offset + below(range.size) / size * size;
        const std::uint64_t offset = std::min<std::uint64_t>(at, original_.size() - size);
        std::uint64_t value = 0;
        std::memcpy(&value, original_.data() + offset, size);
        const std::array<std::uint64_t, 8> edges{
            0,         ~std::uint64_t{0}, 0x7FFFFFFF, std::uint64_t{1} << 63U, original_.size(),
            offset,  // a reference to itself
            value + 1, value - 1};
        if (below(2) == 0) {
            value ^= std::uint64_t{1} << below(size * 8);
        } else {
            value = edges[below(edges.size())];
        }
        write(offset, {reinterpret_cast<const std::uint8_t*>(&value), size});
        return {offset, size};
    }

    Bytes original_;
    Fd file_;
    std::mt19937_64 random_;
    std::vector<Range> ranges_;
};

std::size_t count_read(Mutator& mutator, std::size_t runs) {
    std::size_t read = 0;
    for (std::size_t i = 0; i < runs; ++i)
        read += mutator.run_once() ? 1 : 0;
    return read;
}

TEST_CASE("elf mutation: damaged copies of a small allocator library") {
    const std::string path = test::compile("gcc", R"(
        #include <stddef.h>
        static char pool[4096];
        void *malloc(size_t n) { return n < sizeof pool ? pool : 0; }
        void *calloc(size_t n, size_t m) { return malloc(n * m); }
        void *realloc(void *p, size_t n) { return p && n < sizeof pool ? p : malloc(n); }
        void *reallocarray(void *p, size_t n, size_t m) {
            size_t all;
            return __builtin_mul_overflow(n, m, &all) ? 0 : realloc(p, all);
        }
        void free(void *p) { if (p) *(char *)p = 0; }
        void cfree(void *p) { free(p); })",
                                           {"-shared", "-fPIC", "-O2", "-fno-builtin", "-g"});
    Mutator mutator(test::read_whole(path), 1);
    const std::size_t read = count_read(mutator, 8000);
    // Most damage leaves a file that is still read, and some does not.
    CHECK(read > 4000);
    CHECK(read < 8000);
}

TEST_CASE("elf mutation: damaged copies of the C library") {
    Mutator mutator(test::read_whole(test::libc_path()), 2);
    CHECK(count_read(mutator, 150) > 75);
}

}  // namespace
}  // namespace leaklens
