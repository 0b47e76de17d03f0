// Probes on a process: armed on construction, disarmed on destruction.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "agent/fd.h"
#include "agent/result.h"

namespace leaklens {

// BPF_TRACE_UPROBE_MULTI, which the build machine's kernel headers may not know yet.
constexpr int kAttachUprobeMulti = 48;

struct UprobePoint {
    std::uint64_t file_offset = 0;
    std::uint64_t cookie = 0;
};

// A link that holds probes at many places of one file in one process (Linux 6.6+). The file is
// given by descriptor, so that it cannot be swapped. `program` must have been loaded with
// expected_attach_type kAttachUprobeMulti.
Result<Fd> attach_uprobe_multi(int program, int file, pid_t pid,
                               const std::vector<UprobePoint>& points, bool on_return);

// One probe as a perf event (any kernel). The process's threads are all reached, for the kernel
// filters by address space.
Result<Fd> attach_uprobe_event(int program, int file, pid_t pid, std::uint64_t file_offset,
                               bool on_return);

// A tracepoint, by its directory under tracefs/events, as a perf event on this machine as a whole
// (tracepoints know no processes).
Result<Fd> attach_tracepoint(int program, const char* tracefs, const char* event);

// Closes all at once, each from a thread of its own: the kernel disarms a probe at the beginning of
// the call and then waits for a grace period (30 to 150 ms), which would add up one after another.
void detach_together(std::vector<Fd> links);

}  // namespace leaklens
