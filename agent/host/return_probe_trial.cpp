// The trial of a return probe under a seccomp filter.
#include "agent/host/return_probe_trial.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>

#include "agent/host/host_facts.h"
#include "agent/host/self_probe.h"
#include "agent/sniffer/uprobe_link.h"

namespace leaklens {
namespace {

// Only async-signal-safe calls: the child of a process that may have threads.
[[noreturn]] void run_child(int start) {
    char byte = 0;
    while (read(start, &byte, 1) < 0 && errno == EINTR) {
    }
    std::array<sock_filter, 4> filter{{
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_exit_group},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS},
    }};
    const sock_fprog program{filter.size(), filter.data()};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        _exit(1);
    }
    hit_self_probe();
    // Not _exit(): before functions that do not return, sanitizers make system calls of their own,
    // which the filter would punish.
    while (true)
        syscall(SYS_exit_group, 0);
}

// By uprobe_multi where it works, else by a perf event: the return's way is the same.
Result<Fd> attach_return_probe(pid_t child) {
    const auto place = find_self_probe_place();
    if (!place.ok()) return place.error();
    if (const auto program = load_empty_program(true); program.ok()) {
        auto link = attach_uprobe_multi(program->get(), place->file.get(), child,
                                        {{place->file_offset, 0}}, true);
        if (link.ok()) return link;
    }
    const auto program = load_empty_program(false);
    if (!program.ok()) return program.error();
    return attach_uprobe_event(program->get(), place->file.get(), child, place->file_offset, true);
}

int wait_for(pid_t child) {
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

Result<bool> return_probe_survives_seccomp() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno("pipe2");
    const Fd start(ends[0]);
    Fd go(ends[1]);
    const pid_t child = fork();
    if (child < 0) return Error::from_errno("fork");
    if (child == 0) {
        close(go.release());
        run_child(start.get());
    }
    const auto probe = attach_return_probe(child);
    // The child goes on when the pipe's last writing end is closed.
    go.reset();
    const int status = wait_for(child);
    if (!probe.ok()) return probe.error();
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        return Error{ErrorKind::internal, "seccomp filters do not work here", {}};
    }
    return WIFEXITED(status);
}

bool seccomp_kills_return_probes() {
#if defined(__x86_64__)
    static const bool deadly = [] {
        const KernelVersion version = parse_kernel_version(read_host_facts().kernel);
        if (!version.at_least(6, 11) || version.at_least(6, 15)) return false;
        const auto survives = return_probe_survives_seccomp();
        return !survives.ok() || !*survives;
    }();
    return deadly;
#else
    return false;
#endif
}

Error seccomp_error(pid_t pid) {
    return {ErrorKind::seccomp_would_kill,
            "process " + std::to_string(pid) +
                " runs under a seccomp filter, and this kernel's return probes would make the "
                "filter kill it",
            "Update the kernel (6.14 and the stable releases of 2025 are safe), or start the "
            "program without its filter (containers: --security-opt seccomp=unconfined)."};
}

}  // namespace leaklens
