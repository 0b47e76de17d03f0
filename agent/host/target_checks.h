// Checks of the process that is to be captured.
#pragma once

#include <sys/types.h>

#include <vector>

#include "agent/host/doctor.h"

namespace leaklens {

// Whether it can be looked at, what its allocators are, and whether its seccomp filter allows
// return probes.
std::vector<DoctorCheck> check_target(pid_t pid);

}  // namespace leaklens
