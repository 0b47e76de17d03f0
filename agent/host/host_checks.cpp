// Checks that read a setting. What a setting forbids is also tried (agent/host/bpf_trials.h), so
// most of these explain rather than decide.
#include "agent/host/host_checks.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "agent/host/host_facts.h"
#include "agent/host/privileges.h"
#include "agent/process/proc_file.h"

namespace leaklens {
namespace {

constexpr std::size_t max_setting_bytes = 4096;

std::string joined_names(const std::vector<NamedCapability>& capabilities) {
    std::string names;
    for (const NamedCapability& one : capabilities) {
        if (!names.empty()) names += ", ";
        names += one.name;
    }
    return names;
}

// CAP_SYS_ADMIN includes what 5.8 split off from it.
bool covered_by_admin(int number) {
    return number == CAP_BPF || number == CAP_PERFMON || number == 40;  // CAP_CHECKPOINT_RESTORE
}

}  // namespace

DoctorCheck check_kernel_version() {
    DoctorCheck check{"kernel", "Kernel version", CheckStatus::ok, read_host_facts().kernel, {}};
    if (!parse_kernel_version(check.detail).at_least(5, 10)) {
        check.status = CheckStatus::failed;
        check.detail += " is older than 5.10";
        check.advice = "Update the kernel to 5.10 or later.";
    }
    return check;
}

DoctorCheck check_architecture() {
    DoctorCheck check{
        "architecture", "Architecture", CheckStatus::ok, read_host_facts().architecture, {}};
    if (check.detail != "x86_64") {
        check.status = CheckStatus::failed;
        check.detail += " is not supported";
        check.advice = "Run the agent on a 64-bit x86 machine.";
    }
    return check;
}

DoctorCheck check_capabilities() {
    DoctorCheck check{"capabilities", "Privileges", CheckStatus::ok, {}, {}};
    const CapabilitySet effective = effective_capabilities();
    auto missing = missing_capabilities(effective);
    if (has_capability(effective, CAP_SYS_ADMIN)) {
        std::erase_if(missing, [](const auto& one) { return covered_by_admin(one.number); });
    }
    // Those of the symbol reader only matter where it has a root user to leave.
    if (geteuid() != 0) {
        std::erase_if(missing, [](const auto& one) {
            return one.number == CAP_SETUID || one.number == CAP_SETGID || one.number == CAP_KILL;
        });
    }
    if (missing.empty()) {
        check.detail = "all needed capabilities are there";
        return check;
    }
    const bool vital = std::any_of(missing.begin(), missing.end(), [](const auto& one) {
        return one.number == CAP_BPF || one.number == CAP_PERFMON;
    });
    check.status = vital ? CheckStatus::failed : CheckStatus::warning;
    check.detail = "missing: " + joined_names(missing);
    check.advice = "Run it as root (sudo), or give the agent these capabilities.";
    return check;
}

DoctorCheck check_user_namespace() {
    DoctorCheck check{"user-namespace", "User namespace", CheckStatus::ok, "the host's own", {}};
    const ProcFile map = read_proc_file("/proc/self/uid_map", max_setting_bytes);
    const auto inside = leading_number(map.text);
    // The host's own namespace maps all numbers to themselves, in one line.
    const bool whole = map.text.find("4294967295") != std::string::npos;
    if (map.ok() && (inside != 0 || !whole)) {
        check.status = CheckStatus::warning;
        check.detail = "the agent runs inside a user namespace";
        check.advice = "Privileges inside one do not reach the kernel: run the agent on the host.";
    }
    return check;
}

DoctorCheck check_lockdown() {
    DoctorCheck check{"lockdown", "Kernel lockdown", CheckStatus::ok, "none", {}};
    const ProcFile file = read_proc_file("/sys/kernel/security/lockdown", max_setting_bytes);
    if (!file.ok()) return check;
    // "[none] integrity confidentiality", the current one in brackets.
    const auto open = file.text.find('[');
    const auto close = file.text.find(']');
    if (open == std::string::npos || close == std::string::npos || close < open) return check;
    check.detail = file.text.substr(open + 1, close - open - 1);
    if (check.detail == "confidentiality") {
        check.status = CheckStatus::warning;
        check.advice =
            "This mode hides tracepoints, so that mappings are not traced. It is set by "
            "lockdown=confidentiality on the kernel's command line.";
    }
    return check;
}

DoctorCheck check_perf_event_paranoid() {
    DoctorCheck check{"perf-event-paranoid", "perf_event_paranoid", CheckStatus::ok, {}, {}};
    const ProcFile file = read_proc_file("/proc/sys/kernel/perf_event_paranoid", max_setting_bytes);
    if (!file.ok()) {
        check.status = CheckStatus::failed;
        check.detail = "this kernel has no perf events (CONFIG_PERF_EVENTS)";
        check.advice = "Use a kernel with perf events: those of the distributions have them.";
        return check;
    }
    check.detail = file.text.substr(0, file.text.find('\n'));
    const CapabilitySet effective = effective_capabilities();
    if (has_capability(effective, CAP_PERFMON) || has_capability(effective, CAP_SYS_ADMIN)) {
        check.detail += ", which does not matter with CAP_PERFMON";
    } else {
        check.status = CheckStatus::warning;
        check.detail += ", and CAP_PERFMON is missing";
        check.advice = "Run it as root (sudo), or give the agent CAP_PERFMON.";
    }
    return check;
}

DoctorCheck check_locked_memory() {
    DoctorCheck check{"locked-memory", "Locked memory", CheckStatus::ok, {}, {}};
    // Since 5.11 BPF maps count against the control group's memory instead of RLIMIT_MEMLOCK.
    if (parse_kernel_version(read_host_facts().kernel).at_least(5, 11)) {
        check.detail = "this kernel does not count BPF maps against the limit";
        return check;
    }
    constexpr rlim_t wanted = rlim_t{256} << 20;
    rlimit limit{};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        check.detail = "no limit";
        return check;
    }
    check.detail = std::to_string(limit.rlim_cur >> 10) + " KiB";
    if (limit.rlim_cur < wanted) {
        check.status = CheckStatus::warning;
        check.advice = "Raise it (ulimit -l unlimited): this kernel counts BPF maps against it.";
    }
    return check;
}

}  // namespace leaklens
