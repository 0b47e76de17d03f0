// Whether a return probe kills a target that runs under a seccomp filter.
//
// Since Linux 6.11 return probes on x86-64 enter the kernel by a system call of their own
// (uretprobe), which filters written before know nothing of: they refuse it, and the target dies.
// Later kernels let the call pass all filters (6.14, and stable releases before it).
#pragma once

#include <sys/types.h>

#include "agent/result.h"

namespace leaklens {

// Tries it: a child takes a filter that allows next to nothing, and runs into a return probe. True:
// the child survived. Errors: the probe could not be attached, so nothing is known. Takes some
// tenths of a second, for the probe's detaching.
Result<bool> return_probe_survives_seccomp();

// The answer for this kernel, tried at most once, and only on kernels that may be affected; where
// trying is not possible, those count as deadly.
bool seccomp_kills_return_probes();

// What is said of a target under a filter where the answer is yes.
Error seccomp_error(pid_t pid);

}  // namespace leaklens
