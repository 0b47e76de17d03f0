// Reading /proc/PID/maps (proc(5)), and opening what is mapped.
#include "agent/process/maps.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>

#include "agent/process/proc_file.h"
#include "agent/process/process_errors.h"

namespace leaklens {
namespace {

// A process may have 65,530 mappings by default; a line with a long path takes some 300 bytes.
constexpr std::size_t max_maps_bytes = std::size_t{64} << 20;
constexpr std::string_view deleted_mark = " (deleted)";

// Takes a number of the given base and the separator behind it off the front of `line`.
template <typename T>
bool take_number(std::string_view& line, int base, char separator, T& value) {
    const char* const end = line.data() + line.size();
    const auto parsed = std::from_chars(line.data(), end, value, base);
    if (parsed.ec != std::errc{} || parsed.ptr == end || *parsed.ptr != separator) return false;
    line.remove_prefix(static_cast<std::size_t>(parsed.ptr - line.data()) + 1);
    return true;
}

// The kernel writes a newline in a path as \012, and nothing else differently.
std::string unescape(std::string_view path) {
    constexpr std::string_view newline = "\\012";
    std::string result;
    while (!path.empty()) {
        const auto next = path.find(newline);
        result.append(path.substr(0, next));
        if (next == std::string_view::npos) break;
        result.push_back('\n');
        path.remove_prefix(next + newline.size());
    }
    return result;
}

// "start-end rwxp offset major:minor inode   path"
std::optional<Mapping> parse_line(std::string_view line) {
    Mapping mapping;
    if (!take_number(line, 16, '-', mapping.start) || !take_number(line, 16, ' ', mapping.end) ||
        mapping.end <= mapping.start || line.size() < 5 || line[4] != ' ') {
        return std::nullopt;
    }
    mapping.readable = line[0] == 'r';
    mapping.writable = line[1] == 'w';
    mapping.executable = line[2] == 'x';
    line.remove_prefix(5);
    if (!take_number(line, 16, ' ', mapping.offset) ||
        !take_number(line, 16, ':', mapping.device_major) ||
        !take_number(line, 16, ' ', mapping.device_minor)) {
        return std::nullopt;
    }
    const char* const end = line.data() + line.size();
    const auto inode = std::from_chars(line.data(), end, mapping.inode);
    if (inode.ec != std::errc{}) return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(inode.ptr - line.data()));
    if (const auto path = line.find_first_not_of(' '); path != std::string_view::npos) {
        line.remove_prefix(path);
        if (mapping.inode != 0 && line.ends_with(deleted_mark)) {
            line.remove_suffix(deleted_mark.size());
        }
        mapping.path = unescape(line);
    }
    return mapping;
}

// Opens for reading what an O_PATH descriptor names, if it is a regular file: opening a device may
// do something, and opening a pipe may wait.
Result<Fd> open_if_regular(const Fd& place) {
    struct stat status {};
    if (fstat(place.get(), &status) != 0) return Error::from_errno("fstat");
    if (!S_ISREG(status.st_mode)) {
        return Error{ErrorKind::internal, "what is mapped is not a regular file", {}};
    }
    const std::string path = "/proc/self/fd/" + std::to_string(place.get());
    Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) return Error::from_errno("open a mapped file");
    return file;
}

Result<Fd> open_by_address(pid_t pid, const Mapping& mapping) {
    std::array<char, 96> path{};
    std::snprintf(path.data(), path.size(), "/proc/%d/map_files/%llx-%llx", pid,
                  static_cast<unsigned long long>(mapping.start),
                  static_cast<unsigned long long>(mapping.end));
    const Fd place(open(path.data(), O_PATH | O_CLOEXEC));
    if (!place) return Error::from_errno("open map_files");
    return open_if_regular(place);
}

// The path is resolved as the target would: its symbolic links stay inside its own root.
Result<Fd> open_by_path(pid_t pid, const Mapping& mapping) {
    const std::string root_path = "/proc/" + std::to_string(pid) + "/root";
    const Fd root(open(root_path.c_str(), O_PATH | O_CLOEXEC | O_DIRECTORY));
    if (!root) return Error::from_errno("open the root of the process");
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const Fd place(
        static_cast<int>(syscall(SYS_openat2, root.get(), mapping.path.c_str(), &how, sizeof how)));
    if (!place) return Error::from_errno("open " + mapping.path);
    struct stat status {};
    if (fstat(place.get(), &status) != 0) return Error::from_errno("fstat");
    if (status.st_ino != mapping.inode || major(status.st_dev) != mapping.device_major ||
        minor(status.st_dev) != mapping.device_minor) {
        return Error{ErrorKind::internal, mapping.path + " is another file by now", {}};
    }
    return open_if_regular(place);
}

}  // namespace

std::vector<Mapping> parse_maps(std::string_view text) {
    std::vector<Mapping> mappings;
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (auto mapping = parse_line(text.substr(0, end))) {
            mappings.push_back(std::move(*mapping));
        }
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return mappings;
}

Result<std::vector<Mapping>> read_maps(pid_t pid) {
    const ProcFile maps = read_proc_file("/proc/" + std::to_string(pid) + "/maps", max_maps_bytes);
    if (!maps.ok()) return process_error(pid, maps.code);
    if (maps.text.empty()) return process_exited_error(pid);
    return parse_maps(maps.text);
}

Result<Fd> open_mapped_file(pid_t pid, const Mapping& mapping) {
    if (mapping.inode == 0) return Error{ErrorKind::internal, "the mapping has no file", {}};
    auto file = open_by_address(pid, mapping);
    if (file.ok()) return file;
    return open_by_path(pid, mapping);
}

}  // namespace leaklens
