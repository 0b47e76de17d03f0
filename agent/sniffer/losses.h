// The kernel's loss counters under the names of the wire.
#pragma once

#include "agent/capture.h"
#include "bpf/shared.h"

namespace leaklens {

// Only what the kernel's programs count; the rest of the report is left at 0.
LossesReport losses_in(const ll_totals& totals);

}  // namespace leaklens
