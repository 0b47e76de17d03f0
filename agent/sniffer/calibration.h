// What a probe hit costs on this machine, measured on the agent itself, and whether uprobe_multi
// links reach every thread here.
#pragma once

#include "agent/result.h"
#include "agent/sniffer/kernel_features.h"

namespace leaklens {

// Time that one hit takes from the thread it hits, without the BPF program's own run time.
struct ProbeCost {
    double emulated_ns = 0;  // entry, on an instruction that the kernel emulates
    double stepped_ns = 0;   // entry, on one that it single-steps
    double return_ns = 0;    // added by a return probe on the same function
};

// Takes some 30 ms. Sets features.uprobe_multi. Errors: uprobes do not work here at all.
Result<ProbeCost> calibrate(KernelFeatures& features);

}  // namespace leaklens
