// Whole ELF files: headers, notes, symbols, unwind information, probe plan.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "agent/fd.h"
#include "agent/fuzz/exercise_elf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const leaklens::Fd file(::memfd_create("elf", MFD_CLOEXEC));
    leaklens::fuzz::require(static_cast<bool>(file));
    if (size > 0 && ::write(file.get(), data, size) != static_cast<ssize_t>(size)) return -1;
    leaklens::fuzz::exercise_elf(file.get());
    return 0;
}
