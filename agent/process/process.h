// What /proc says of a process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/fd.h"
#include "agent/result.h"

namespace leaklens {

struct AllocatorFound {
    std::string family;
    std::string module;  // path as the process sees it
};

struct ProcessInfo {
    pid_t pid = 0;
    pid_t parent_pid = 0;
    std::string name;
    std::vector<std::string> command;
    std::string executable;
    uid_t uid = 0;
    std::string user;
    std::uint64_t rss_bytes = 0;
    std::uint32_t threads = 0;
    double started_unix_ms = 0;
    std::uint64_t start_ticks = 0;  // field 22 of /proc/PID/stat: tells a reused PID
    std::vector<AllocatorFound> allocators;
    std::optional<Error> obstacle;
};

// One process, allocators included. Errors: no_such_process, kernel_thread, not_permitted.
Result<ProcessInfo> read_process(pid_t pid);
// All processes that are not kernel threads, the agent itself left out. What cannot be captured has
// its obstacle set.
std::vector<ProcessInfo> list_processes();

struct ProcessMemory {
    std::uint64_t rss_bytes = 0;
    std::uint64_t anonymous_bytes = 0;
    std::uint64_t swap_bytes = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint32_t threads = 0;
    std::uint64_t cpu_ns = 0;
};

// Errors: process_exited.
Result<ProcessMemory> read_process_memory(pid_t pid);

// A descriptor that becomes readable when the process ends (pidfd_open).
Result<Fd> open_pidfd(pid_t pid);

// Device and inode of /proc/PID/exe, to tell an exec.
struct ExecutableId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const ExecutableId&) const = default;
};
Result<ExecutableId> executable_id(pid_t pid);

}  // namespace leaklens
