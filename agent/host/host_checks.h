// Checks of what the host says of itself: versions, rights and settings.
#pragma once

#include "agent/host/doctor.h"

namespace leaklens {

DoctorCheck check_kernel_version();
DoctorCheck check_architecture();
DoctorCheck check_capabilities();
DoctorCheck check_user_namespace();
DoctorCheck check_lockdown();
DoctorCheck check_perf_event_paranoid();
DoctorCheck check_locked_memory();

}  // namespace leaklens
