// Checks of a target.
#include "agent/host/target_checks.h"

#include <string>

#include "agent/host/return_probe_trial.h"
#include "agent/process/proc_file.h"
#include "agent/process/process.h"

namespace leaklens {
namespace {

constexpr std::size_t max_status_bytes = 16384;

DoctorCheck failed(const char* id, const char* title, const Error& error) {
    return {id, title, CheckStatus::failed, error.message, error.advice};
}

DoctorCheck check_allocators(const ProcessInfo& process) {
    DoctorCheck check{"target-allocator", "Target's allocator", CheckStatus::ok, {}, {}};
    for (const AllocatorFound& found : process.allocators) {
        if (!check.detail.empty()) check.detail += "; ";
        check.detail += found.family + " in " + found.module;
    }
    return check;
}

DoctorCheck check_seccomp(pid_t pid) {
    DoctorCheck check{"target-seccomp", "Target's seccomp filter", CheckStatus::ok, {}, {}};
    const ProcFile status =
        read_proc_file("/proc/" + std::to_string(pid) + "/status", max_status_bytes);
    // SECCOMP_MODE_DISABLED; kernels without seccomp do not have the line.
    if (leading_number(status_field(status.text, "Seccomp")).value_or(0) == 0) {
        check.detail = "none";
        return check;
    }
    if (seccomp_kills_return_probes()) {
        const Error error = seccomp_error(pid);
        return failed("target-seccomp", "Target's seccomp filter", error);
    }
    check.detail = "one is there, and this kernel's probes pass it";
    return check;
}

}  // namespace

std::vector<DoctorCheck> check_target(pid_t pid) {
    const auto process = read_process(pid);
    if (!process.ok()) return {failed("target", "Target", process.error())};
    std::vector<DoctorCheck> checks;
    checks.push_back({"target",
                      "Target",
                      CheckStatus::ok,
                      process->name + ", process " + std::to_string(pid) + " of " + process->user,
                      {}});
    const auto& obstacle = process->obstacle;
    if (obstacle && obstacle->kind == ErrorKind::no_allocator) {
        checks.push_back(failed("target-allocator", "Target's allocator", *obstacle));
    } else if (obstacle && obstacle->kind != ErrorKind::seccomp_would_kill) {
        return {failed("target", "Target", *obstacle)};
    } else {
        checks.push_back(check_allocators(*process));
    }
    checks.push_back(check_seccomp(pid));
    return checks;
}

}  // namespace leaklens
