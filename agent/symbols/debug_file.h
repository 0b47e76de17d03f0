// Separate debug files of a module, as distributions ship them: found in the target's own root,
// which may be a container's, and never outside of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/elf/elf_image.h"
#include "agent/fd.h"
#include "agent/result.h"

namespace leaklens {

struct DebugFile {
    Fd fd;
    std::string path;  // as the target sees it
};

struct DebugFiles {
    // At most one when a build id vouches for it, otherwise up to three. Empty where the module
    // has debug information of its own, or none was found.
    std::vector<DebugFile> candidates;
    // The CRC-32 that a candidate must have, set when nothing but .gnu_debuglink names it. It is
    // left to the symbol reader to compute, because that means reading the whole file.
    std::optional<std::uint32_t> crc;
    // The file that .gnu_debugaltlink of the debug information names: what `dwz -m` has moved out.
    // Whether it really has the build id that the link gives is left to the symbol reader as well.
    std::optional<DebugFile> alternate;
};

// A descriptor of the root directory of a process. Errors: what open() says.
Result<Fd> open_root(pid_t pid);

// Opens a regular file for reading, with `root` as "/": symbolic links cannot lead out of it.
// Devices and pipes are not even opened, for that can have effects. Errors: what openat2() says.
Result<Fd> open_in_root(int root, const std::string& path);

// Looks for the debug information of the module at `module_path` (as the process sees it):
// /usr/lib/debug/.build-id/xx/rest.debug, then the name in .gnu_debuglink beside the module, in
// .debug beside it, and under /usr/lib/debug.
// Source: https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html
DebugFiles find_debug_files(const ElfImage& image, int root, const std::string& module_path);

}  // namespace leaklens
