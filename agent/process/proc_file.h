// Small text files of /proc and /sys, read whole and with a bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leaklens {

struct ProcFile {
    int code = 0;  // the errno of what failed; 0 where the file was read
    std::string text;
    [[nodiscard]] bool ok() const { return code == 0; }
};

// At most `limit` bytes from the file's start.
ProcFile read_proc_file(const std::string& path, std::size_t limit);

// Target of a symbolic link such as /proc/PID/exe; nothing where it cannot be read.
std::optional<std::string> read_proc_link(const std::string& path);

// Value of a "Key:\tvalue" line of /proc/PID/status; empty where there is none.
std::string_view status_field(std::string_view status, std::string_view key);

// A decimal number at the start of `text` (spaces skipped); nothing where there is none or it does
// not fit.
std::optional<std::uint64_t> leading_number(std::string_view text);

}  // namespace leaklens
