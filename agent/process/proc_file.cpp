// Bounded reading of /proc files.
#include "agent/process/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>

#include "agent/fd.h"

namespace leaklens {

ProcFile read_proc_file(const std::string& path, std::size_t limit) {
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) return {errno, {}};
    ProcFile result;
    std::array<char, 16384> chunk{};
    while (result.text.size() < limit) {
        const std::size_t wanted = std::min(chunk.size(), limit - result.text.size());
        const ssize_t count = read(file.get(), chunk.data(), wanted);
        if (count < 0) {
            if (errno == EINTR) continue;
            return {errno, {}};
        }
        if (count == 0) break;
        result.text.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return result;
}

std::optional<std::string> read_proc_link(const std::string& path) {
    std::string target(PATH_MAX, '\0');
    const ssize_t length = readlink(path.c_str(), target.data(), target.size());
    if (length < 0) return std::nullopt;
    target.resize(static_cast<std::size_t>(length));
    return target;
}

std::string_view status_field(std::string_view status, std::string_view key) {
    while (!status.empty()) {
        const auto end = status.find('\n');
        const std::string_view line = status.substr(0, end);
        status.remove_prefix(end == std::string_view::npos ? status.size() : end + 1);
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ':') {
            const auto value = line.find_first_not_of(" \t", key.size() + 1);
            return value == std::string_view::npos ? std::string_view{} : line.substr(value);
        }
    }
    return {};
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return std::nullopt;
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data() + first, text.data() + text.size(), value);
    if (parsed.ec != std::errc{}) return std::nullopt;
    return value;
}

}  // namespace leaklens
