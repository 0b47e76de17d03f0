// The fields of /proc/PID/stat (proc(5)) that the agent uses.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leaklens {

struct ProcStat {
    std::string name;  // comm: any bytes, parentheses, spaces and newlines included
    char state = '?';
    pid_t parent_pid = 0;
    std::uint64_t flags = 0;       // PF_ of the kernel's include/linux/sched.h
    std::uint64_t user_ticks = 0;  // of 1/sysconf(_SC_CLK_TCK) s
    std::uint64_t system_ticks = 0;
    std::uint32_t threads = 0;
    std::uint64_t start_ticks = 0;  // since boot
    std::uint64_t virtual_bytes = 0;

    [[nodiscard]] bool is_kernel_thread() const { return (flags & 0x00200000) != 0; }
    // Ended, but not yet waited for by its parent.
    [[nodiscard]] bool has_ended() const { return state == 'Z' || state == 'X'; }
};

// Nothing where the text is no stat line.
std::optional<ProcStat> parse_stat(std::string_view text);

}  // namespace leaklens
