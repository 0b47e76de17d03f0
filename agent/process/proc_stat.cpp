// Parsing /proc/PID/stat.
#include "agent/process/proc_stat.h"

#include <array>
#include <charconv>

namespace leaklens {

std::optional<ProcStat> parse_stat(std::string_view text) {
    // The name is whatever the process chose, so it ends at the last parenthesis, not the first.
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
        close + 2 >= text.size()) {
        return std::nullopt;
    }
    ProcStat stat;
    stat.name = text.substr(open + 1, close - open - 1);
    text.remove_prefix(close + 2);
    stat.state = text.front();

    // fields[i] is field i + 4 of proc(5): all after the state are numbers.
    std::array<std::int64_t, 20> fields{};
    text.remove_prefix(1);
    for (std::int64_t& field : fields) {
        const auto first = text.find_first_not_of(' ');
        if (first == std::string_view::npos) return std::nullopt;
        const char* const end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data() + first, end, field);
        if (parsed.ec != std::errc{}) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    }
    const auto field = [&](std::size_t number) { return fields.at(number - 4); };
    stat.parent_pid = static_cast<pid_t>(field(4));
    stat.flags = static_cast<std::uint64_t>(field(9));
    stat.user_ticks = static_cast<std::uint64_t>(field(14));
    stat.system_ticks = static_cast<std::uint64_t>(field(15));
    stat.threads = static_cast<std::uint32_t>(field(20));
    stat.start_ticks = static_cast<std::uint64_t>(field(22));
    stat.virtual_bytes = static_cast<std::uint64_t>(field(23));
    return stat;
}

}  // namespace leaklens
