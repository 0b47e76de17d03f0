// Reads PT_DYNAMIC. The number of dynamic symbols is written nowhere: it follows from the hash
// tables (System V ABI, chapter 5, "Hash Table"; for DT_GNU_HASH the binutils' sources).
#include "agent/elf/dynamic_section.h"

#include <elf.h>

#include <algorithm>

#include "agent/elf/byte_reader.h"

namespace leaklens {

namespace {

constexpr std::uint64_t kMaxDynamicSize = 1U << 16;
constexpr std::uint64_t kMaxNameLength = 256;
constexpr std::uint32_t kMaxBuckets = 1U << 24;
constexpr std::uint64_t kMaxDynamicSymbols = 1U << 24;

std::uint64_t count_by_sysv_hash(const ElfImage& image, std::uint64_t address) {
    const auto header = image.read_virtual(address, 8);
    if (!header.ok()) return 0;
    ByteReader reader(*header);
    reader.skip(4);
    return reader.u32();
}

// The highest symbol index that a bucket starts at, then along its chain to the marked end.
std::uint64_t count_by_gnu_hash(const ElfImage& image, std::uint64_t address) {
    const auto header = image.read_virtual(address, 16);
    if (!header.ok()) return 0;
    ByteReader reader(*header);
    const std::uint32_t bucket_count = reader.u32();
    const std::uint32_t first_hashed = reader.u32();
    const std::uint32_t bloom_words = reader.u32();
    if (bucket_count > kMaxBuckets) return 0;
    const std::uint64_t buckets_address = address + 16 + std::uint64_t{bloom_words} * 8;
    const auto buckets = image.read_virtual(buckets_address, std::uint64_t{bucket_count} * 4);
    if (!buckets.ok()) return 0;
    std::uint64_t last = 0;
    for (ByteReader entry(*buckets); !entry.at_end();) {
        last = std::max<std::uint64_t>(last, entry.u32());
    }
    if (last < first_hashed) return first_hashed;
    const std::uint64_t chains_address = buckets_address + std::uint64_t{bucket_count} * 4;
    for (; last < kMaxDynamicSymbols; ++last) {
        const auto chain = image.read_virtual(chains_address + (last - first_hashed) * 4, 4);
        if (!chain.ok()) return 0;
        if ((ByteReader(*chain).u32() & 1U) != 0) return last + 1;
    }
    return 0;
}

}  // namespace

DynamicSection read_dynamic_section(const ElfImage& image) {
    DynamicSection dynamic;
    const auto& segment = image.dynamic_segment();
    if (!segment) return dynamic;
    const auto entries =
        image.read_file(segment->offset, std::min(segment->file_size, kMaxDynamicSize));
    if (!entries.ok()) return dynamic;

    std::uint64_t soname = 0;
    std::uint64_t sysv_hash = 0;
    std::uint64_t gnu_hash = 0;
    ByteReader reader(*entries);
    while (reader.remaining() >= sizeof(Elf64_Dyn)) {
        const auto tag = static_cast<std::int64_t>(reader.u64());
        const std::uint64_t value = reader.u64();
        if (tag == DT_NULL) break;
        if (tag == DT_SONAME) soname = value;
        if (tag == DT_HASH) sysv_hash = value;
        if (tag == DT_GNU_HASH) gnu_hash = value;
        if (tag == DT_SYMTAB) dynamic.symbols_address = value;
        if (tag == DT_STRTAB) dynamic.strings_address = value;
        if (tag == DT_STRSZ) dynamic.strings_size = value;
        if (tag == DT_RELA) dynamic.relocations_address = value;
        if (tag == DT_RELASZ) dynamic.relocations_size = value;
        if (tag == DT_JMPREL) dynamic.plt_relocations_address = value;
        if (tag == DT_PLTRELSZ) dynamic.plt_relocations_size = value;
    }
    if (soname != 0 && soname < dynamic.strings_size) {
        const std::uint64_t length = std::min(dynamic.strings_size - soname, kMaxNameLength);
        const auto name = image.read_virtual(dynamic.strings_address + soname, length);
        if (name.ok()) dynamic.soname = ByteReader(*name).string();
    }
    std::uint64_t count = 0;
    if (sysv_hash != 0) count = count_by_sysv_hash(image, sysv_hash);
    if (count == 0 && gnu_hash != 0) count = count_by_gnu_hash(image, gnu_hash);
    if (count <= kMaxDynamicSymbols) dynamic.symbols_size = count * sizeof(Elf64_Sym);
    return dynamic;
}

}  // namespace leaklens
