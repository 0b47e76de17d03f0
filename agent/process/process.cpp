// Processes as /proc shows them.
#include "agent/process/process.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <memory>
#include <string_view>

#include "agent/host/return_probe_trial.h"
#include "agent/process/allocators.h"
#include "agent/process/maps.h"
#include "agent/process/proc_file.h"
#include "agent/process/proc_stat.h"
#include "agent/process/process_errors.h"
#include "agent/process/user_names.h"

namespace leaklens {
namespace {

constexpr std::size_t max_stat_bytes = 4096;
constexpr std::size_t max_status_bytes = 16384;
// Command lines are for people, who do not read further.
constexpr std::size_t max_command_bytes = 4096;

std::string proc_path(pid_t pid, std::string_view file) {
    return "/proc/" + std::to_string(pid) + "/" + std::string(file);
}

Result<ProcStat> read_stat(pid_t pid) {
    const ProcFile file = read_proc_file(proc_path(pid, "stat"), max_stat_bytes);
    if (!file.ok()) return process_error(pid, file.code);
    auto stat = parse_stat(file.text);
    if (!stat) {
        return Error{ErrorKind::internal, proc_path(pid, "stat") + " has an unknown form", {}};
    }
    return std::move(*stat);
}

std::uint64_t kibibytes(std::string_view status, std::string_view key) {
    return leading_number(status_field(status, key)).value_or(0) * 1024;
}

// The second number of "Uid: real effective saved file".
uid_t effective_uid(std::string_view status) {
    std::string_view ids = status_field(status, "Uid");
    const auto first_end = ids.find_first_of(" \t");
    if (first_end == std::string_view::npos) return 0;
    return static_cast<uid_t>(leading_number(ids.substr(first_end)).value_or(0));
}

std::vector<std::string> read_command(pid_t pid) {
    std::string text = read_proc_file(proc_path(pid, "cmdline"), max_command_bytes).text;
    // Programs that overwrite their arguments leave the rest filled with zeros.
    text.erase(text.find_last_not_of('\0') + 1);
    std::vector<std::string> command;
    for (std::size_t first = 0; first < text.size();) {
        const std::size_t end = std::min(text.find('\0', first), text.size());
        command.push_back(text.substr(first, end - first));
        first = end + 1;
    }
    return command;
}

std::string read_executable(pid_t pid) {
    constexpr std::string_view deleted = " (deleted)";
    std::string path = read_proc_link(proc_path(pid, "exe")).value_or("");
    if (path.ends_with(deleted)) path.resize(path.size() - deleted.size());
    return path;
}

double unix_ms_of_ticks(std::uint64_t ticks_since_boot) {
    timespec now{};
    timespec since_boot{};
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &since_boot);
    const auto ms = [](const timespec& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
    };
    const auto ticks_per_s = static_cast<double>(sysconf(_SC_CLK_TCK));
    return ms(now) - ms(since_boot) + static_cast<double>(ticks_since_boot) * 1e3 / ticks_per_s;
}

// What stands in the way of a capture, as far as /proc tells; fills in the allocators on the way.
std::optional<Error> find_obstacle(ProcessInfo& process, const ProcStat& stat,
                                   std::string_view status, AllocatorSearch search) {
    if (stat.has_ended()) return process_exited_error(process.pid);
    const auto mappings = read_maps(process.pid);
    if (!mappings.ok()) return mappings.error();
    auto allocators = find_allocators(process.pid, *mappings, process.executable, search);
    if (!allocators.ok()) return allocators.error();
    process.allocators = std::move(allocators).value();
    if (process.allocators.empty()) {
        return Error{ErrorKind::no_allocator,
                     "process " + std::to_string(process.pid) + " (" + process.name +
                         ") has no malloc and free that can be found",
                     "An allocator that is linked into a stripped executable cannot be found: "
                     "keep the executable's symbols."};
    }
    constexpr std::uint64_t filter_mode = 2;  // SECCOMP_MODE_FILTER
    if (leading_number(status_field(status, "Seccomp")) == filter_mode &&
        seccomp_kills_return_probes()) {
        return seccomp_error(process.pid);
    }
    return std::nullopt;
}

// Errors only where there is no such process, or a kernel thread; anything else is an obstacle.
Result<ProcessInfo> describe(pid_t pid, const UserNames& users, AllocatorSearch search) {
    const auto stat = read_stat(pid);
    if (!stat.ok()) return stat.error();
    if (stat->is_kernel_thread()) return kernel_thread_error(pid, stat->name);
    const ProcFile status = read_proc_file(proc_path(pid, "status"), max_status_bytes);
    if (!status.ok()) return process_error(pid, status.code);

    ProcessInfo process;
    process.pid = pid;
    process.parent_pid = stat->parent_pid;
    process.name = stat->name;
    process.command = read_command(pid);
    process.executable = read_executable(pid);
    process.uid = effective_uid(status.text);
    process.user = users.name(process.uid);
    process.rss_bytes = kibibytes(status.text, "VmRSS");
    process.threads = stat->threads;
    process.started_unix_ms = unix_ms_of_ticks(stat->start_ticks);
    process.start_ticks = stat->start_ticks;
    process.obstacle = find_obstacle(process, *stat, status.text, search);
    return process;
}

}  // namespace

Result<ProcessInfo> read_process(pid_t pid) {
    const Status exists = require_process(pid);
    if (!exists.ok()) return exists.error();
    return describe(pid, UserNames(), AllocatorSearch::all_modules);
}

std::vector<ProcessInfo> list_processes() {
    std::vector<ProcessInfo> processes;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc"), closedir);
    if (!directory) return processes;
    const UserNames users;
    const pid_t self = getpid();
    const std::string own_executable = read_executable(self);
    while (const dirent* entry = readdir(directory.get())) {
        const std::string_view name(static_cast<const char*>(entry->d_name));
        pid_t pid = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
        if (pid == self) continue;
        auto process = describe(pid, users, AllocatorSearch::likely_modules);
        // Gone meanwhile, or a kernel thread.
        if (!process.ok()) continue;
        // The agent's own symbol reader.
        if (process->parent_pid == self && process->executable == own_executable) continue;
        processes.push_back(std::move(process).value());
    }
    return processes;
}

Result<ProcessMemory> read_process_memory(pid_t pid) {
    const auto stat = read_stat(pid);
    if (!stat.ok() || stat->has_ended()) return process_exited_error(pid);
    const ProcFile status = read_proc_file(proc_path(pid, "status"), max_status_bytes);
    if (!status.ok()) return process_exited_error(pid);

    ProcessMemory memory;
    memory.rss_bytes = kibibytes(status.text, "VmRSS");
    memory.anonymous_bytes = kibibytes(status.text, "RssAnon");
    memory.swap_bytes = kibibytes(status.text, "VmSwap");
    memory.virtual_bytes = kibibytes(status.text, "VmSize");
    memory.threads = stat->threads;
    // The process's own clock counts in ns; ticks are the coarse way, should it be refused.
    clockid_t clock = 0;
    timespec used{};
    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0) {
        memory.cpu_ns = static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000U +
                        static_cast<std::uint64_t>(used.tv_nsec);
    } else {
        const auto ticks_per_s = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
        memory.cpu_ns = (stat->user_ticks + stat->system_ticks) * (1'000'000'000U / ticks_per_s);
    }
    return memory;
}

Result<Fd> open_pidfd(pid_t pid) {
    Fd descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!descriptor) {
        const int code = errno;
        const Status exists = require_process(pid);
        if (!exists.ok()) return exists.error();
        return Error::from_errno("pidfd_open", code);
    }
    return descriptor;
}

Result<ExecutableId> executable_id(pid_t pid) {
    struct stat status {};
    if (::stat(proc_path(pid, "exe").c_str(), &status) != 0) {
        if (errno == ENOENT) return process_exited_error(pid);
        return process_error(pid, errno);
    }
    return ExecutableId{status.st_dev, status.st_ino};
}

}  // namespace leaklens
