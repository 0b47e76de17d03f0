// The bytes of an .eh_frame section alone, which a fuzzer changes more deeply than whole files.
#include <cstddef>
#include <cstdint>
#include <limits>

#include "agent/fuzz/exercise_elf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t max_rows = 4096;
    constexpr std::uint64_t address = 0x2000;
    const leaklens::EhFrameBytes section{{data, size}, address};
    const std::uint64_t everything = std::numeric_limits<std::uint64_t>::max();
    const auto table = leaklens::build_unwind_table(section, 0, 0, everything, max_rows);
    if (table.ok()) leaklens::fuzz::check_rows(*table, max_rows);
    return 0;
}
