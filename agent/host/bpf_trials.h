// Checks that try what a capture does: load, create, attach, hit, and read the result.
#pragma once

#include "agent/host/doctor.h"
#include "agent/sniffer/kernel_features.h"

namespace leaklens {

// Loads a program that does nothing.
DoctorCheck try_bpf();
// Creates a ring buffer.
DoctorCheck try_ring_buffer();
// Attaches a counting program to the agent by a perf event, hits it, and reads the count.
DoctorCheck try_uprobes();
// The same by a uprobe_multi link, which is better where it is there, and not needed.
DoctorCheck try_uprobe_multi();
// What `features` says of frames being walked in one loop.
DoctorCheck check_bpf_loop(const KernelFeatures& features);
// Attaches the tracepoints of mmap, where `features` promises them.
DoctorCheck try_mappings(const KernelFeatures& features);
// Loads the capture's own programs, with small tables.
DoctorCheck try_capture_programs(const KernelFeatures& features);

}  // namespace leaklens
