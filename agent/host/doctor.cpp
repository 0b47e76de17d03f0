// The doctor: runs the checks, and words the report.
#include "agent/host/doctor.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "agent/host/bpf_trials.h"
#include "agent/host/host_checks.h"
#include "agent/host/target_checks.h"
#include "agent/sniffer/kernel_features.h"

namespace leaklens {

bool DoctorReport::usable() const {
    return std::none_of(checks.begin(), checks.end(), [](const DoctorCheck& check) {
        return check.status == CheckStatus::failed;
    });
}

DoctorReport run_doctor(const Tracefs& tracefs, std::optional<pid_t> pid) {
    const Status uprobe_multi = try_uprobe_multi();
    KernelFeatures features = probe_kernel_features(tracefs.directory, tracefs.reason);
    features.uprobe_multi = uprobe_multi.ok();
    DoctorReport report;
    report.checks = {
        check_kernel_version(),
        check_architecture(),
        check_capabilities(),
        check_user_namespace(),
        check_lockdown(),
        check_perf_event_paranoid(),
        check_locked_memory(),
        try_bpf(),
        try_ring_buffer(),
        check_uprobes(uprobe_multi),
        check_uprobe_multi(uprobe_multi),
        check_bpf_loop(features),
        try_mappings(features),
        try_capture_programs(features),
    };
    if (pid) {
        auto checks = check_target(*pid);
        std::move(checks.begin(), checks.end(), std::back_inserter(report.checks));
    }
    return report;
}

std::string format_report(const DoctorReport& report) {
    static constexpr std::array marks{"ok      ", "warning ", "FAILED  "};
    std::size_t width = 0;
    for (const DoctorCheck& check : report.checks)
        width = std::max(width, check.title.size());
    std::string text;
    for (const DoctorCheck& check : report.checks) {
        text += marks.at(static_cast<std::size_t>(check.status));
        text +=
            check.title + std::string(width - check.title.size() + 2, ' ') + check.detail + "\n";
        if (!check.advice.empty()) {
            text += std::string(8 + width + 2, ' ') + "-> " + check.advice + "\n";
        }
    }
    text += report.usable() ? "\nA capture can run here.\n"
                            : "\nA capture cannot run here: see what FAILED.\n";
    return text;
}

}  // namespace leaklens
