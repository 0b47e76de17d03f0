// Which allocators a process has mapped: the modules that a capture would probe.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "agent/process/maps.h"
#include "agent/process/process.h"
#include "agent/result.h"

namespace leaklens {

enum class AllocatorSearch : std::uint8_t {
    // Only the executable and modules named like a C library or an allocator: fast enough for
    // hundreds of processes.
    likely_modules,
    // Every mapped module: right for allocators of any name.
    all_modules,
};

// Allocators in the order of their mappings. What a file holds is remembered by device, inode and
// time of change, so that the hundredth process with the same libc costs nothing. An error of kind
// unsupported when the executable is for another machine (32 bits, for one).
Result<std::vector<AllocatorFound>> find_allocators(pid_t pid, const std::vector<Mapping>& mappings,
                                                    const std::string& executable,
                                                    AllocatorSearch search);

}  // namespace leaklens
