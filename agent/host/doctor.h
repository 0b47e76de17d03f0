// What this host, and one process on it, can do for a capture. Whatever can be tried is tried.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/host/tracefs.h"

namespace leaklens {

enum class CheckStatus : std::uint8_t { ok, warning, failed };

struct DoctorCheck {
    std::string id;     // stable, for programs
    std::string title;  // for a person
    CheckStatus status = CheckStatus::ok;
    std::string detail;
    std::string advice;  // empty where there is nothing to do
};

struct DoctorReport {
    std::vector<DoctorCheck> checks;
    // True when no check failed: a capture can run here.
    [[nodiscard]] bool usable() const;
};

// Checks the host, and the process `pid` where one is given. `tracefs` as prepare_tracefs() gave
// it. Takes some tenths of a second, because probes are attached to the agent itself and detached
// again.
DoctorReport run_doctor(const Tracefs& tracefs, std::optional<pid_t> pid);

// The report as aligned lines for a terminal, ended by a newline.
std::string format_report(const DoctorReport& report);

}  // namespace leaklens
