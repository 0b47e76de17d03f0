// Errors about processes, worded for a person.
#include "agent/process/process_errors.h"

#include <linux/capability.h>

#include <cerrno>
#include <string>

#include "agent/host/privileges.h"
#include "agent/process/proc_file.h"

namespace leaklens {
namespace {

constexpr std::size_t max_status_bytes = 16384;

Error no_such_process(pid_t pid) {
    return {ErrorKind::no_such_process, "there is no process " + std::to_string(pid),
            "List what runs with: leaklens ps"};
}

Error not_permitted(pid_t pid) {
    const bool privileged = has_capability(effective_capabilities(), CAP_SYS_PTRACE);
    return {ErrorKind::not_permitted, "process " + std::to_string(pid) + " may not be looked at",
            privileged ? "This host protects the process even from root: a security module or a "
                         "sandbox does that."
                       : "Run it as root (sudo), or give the agent CAP_SYS_PTRACE."};
}

}  // namespace

Error process_exited_error(pid_t pid) {
    return {ErrorKind::process_exited, "process " + std::to_string(pid) + " has ended",
            "Start it again, and capture it while it runs."};
}

Error kernel_thread_error(pid_t pid, const std::string& name) {
    return {ErrorKind::kernel_thread,
            "process " + std::to_string(pid) + " (" + name + ") is a thread of the kernel",
            "Kernel threads have no C++ heap: choose a program's process."};
}

Error process_error(pid_t pid, int code) {
    switch (code) {
        case ENOENT:
            return no_such_process(pid);
        case ESRCH:
            return process_exited_error(pid);
        case EACCES:
        case EPERM:
            return not_permitted(pid);
        default:
            return Error::from_errno("process " + std::to_string(pid) + " cannot be read", code);
    }
}

Status require_process(pid_t pid) {
    if (pid <= 0) return no_such_process(pid);
    const ProcFile status =
        read_proc_file("/proc/" + std::to_string(pid) + "/status", max_status_bytes);
    if (!status.ok()) return process_error(pid, status.code);
    const auto leader = leading_number(status_field(status.text, "Tgid"));
    if (leader && *leader != static_cast<std::uint64_t>(pid)) {
        const std::string process = std::to_string(*leader);
        return Error{ErrorKind::no_such_process,
                     std::to_string(pid) + " is a thread of process " + process,
                     "Give the number of the process: " + process};
    }
    return {};
}

}  // namespace leaklens
