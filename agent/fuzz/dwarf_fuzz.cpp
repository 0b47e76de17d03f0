// Feeds files to the symbol reader's lookup. elfutils itself is not instrumented, so this looks for
// our own mistakes: loops without an end, and uses of what elfutils did not find.
// A corpus to begin with: small programs built with -g, by several compilers.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "agent/fd.h"
#include "agent/symbols/dwarf_lookup.h"

namespace {

// Addresses are taken from where the ELF header has its entry point, and from around there: that is
// code, and a fuzzer can move it.
constexpr std::size_t kEntryPoint = 24;
constexpr std::uint64_t kStep = 37;
constexpr int kAddresses = 64;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const leaklens::Fd file(memfd_create("fuzz", MFD_CLOEXEC));
    if (!file || write(file.get(), data, size) != static_cast<ssize_t>(size)) return 0;
    const auto lookup = leaklens::DwarfLookup::open({file.get(), -1, -1});
    if (!lookup.ok()) return 0;
    std::uint64_t address = 0;
    if (size >= kEntryPoint + sizeof address) {
        std::memcpy(&address, data + kEntryPoint, sizeof address);
    }
    for (int i = 0; i < kAddresses; ++i) {
        (*lookup)->frames_at(address + kStep * static_cast<std::uint64_t>(i));
    }
    (*lookup)->release_pages();
    return 0;
}
