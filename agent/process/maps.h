// /proc/PID/maps, and the files behind it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/fd.h"
#include "agent/result.h"

namespace leaklens {

struct Mapping {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;  // in the file, bytes
    std::uint64_t inode = 0;   // 0: no file
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    bool readable = false;
    bool writable = false;
    bool executable = false;
    std::string path;  // as the target sees it, "[vdso]", or empty; " (deleted)" is cut off
};

// The mappings that the text of a maps file names. Lines that are none are left out.
std::vector<Mapping> parse_maps(std::string_view text);

// All mappings, in address order. Errors: no_such_process, process_exited (a zombie has none),
// not_permitted.
Result<std::vector<Mapping>> read_maps(pid_t pid);

// Opens the file behind a mapping: /proc/PID/map_files first (right even when it was deleted or
// replaced), else PATH inside /proc/PID/root if device and inode still agree. Only regular files,
// read-only, never blocking: the target may have put anything at that path. Errors: internal, also
// when the mapping has no file.
Result<Fd> open_mapped_file(pid_t pid, const Mapping& mapping);

}  // namespace leaklens
