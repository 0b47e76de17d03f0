// Checks that try what a capture does: load, create, attach, hit, and read the result.
#pragma once

#include "agent/host/doctor.h"
#include "agent/host/tracefs.h"
#include "agent/result.h"
#include "agent/sniffer/kernel_features.h"

namespace leaklens {

// Loads a program that does nothing.
DoctorCheck try_bpf();
// Creates a ring buffer.
DoctorCheck try_ring_buffer();
// Whether uprobe_multi links work: attaches a counting program to the agent by one, hits it, and
// compares the count. Takes some 40 ms, for the detaching. The error says why not.
Status try_uprobe_multi();
// What a capture attaches with: uprobe_multi links, given the outcome of their trial, or else
// perf events, which are then tried in the same way.
DoctorCheck check_uprobes(const Status& uprobe_multi);
DoctorCheck check_uprobe_multi(const Status& uprobe_multi);
// What `features` says of frames being walked in one loop.
DoctorCheck check_bpf_loop(const KernelFeatures& features);
// Attaches the tracepoints of mmap, where `features` promises them.
DoctorCheck try_mappings(const KernelFeatures& features);
// Whether all that a capture attaches can be attached with the capabilities in force: links, and
// tracepoints where there is tracefs. For drop_privileges.
bool attaching_works(const Tracefs& tracefs);

// Loads the capture's own programs, with small tables.
DoctorCheck try_capture_programs(const KernelFeatures& features);

}  // namespace leaklens
