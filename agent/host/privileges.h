// The agent's privileges: what it has, and giving up what it does not need.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "agent/result.h"

namespace leaklens {

// One bit for each capability of capabilities(7).
using CapabilitySet = std::uint64_t;

struct NamedCapability {
    int number;
    const char* name;
    const char* purpose;  // for a person
};

// What the agent keeps, in the order of importance. CAP_SYS_PTRACE alone is nearly root: it lets
// the agent look at every process, which is its task. What is given up is everything that would
// change the system: mounting, network, modules, devices, file ownership, time.
const std::vector<NamedCapability>& needed_capabilities();

// The calling thread's effective capabilities; none where they cannot be read.
CapabilitySet effective_capabilities();
bool has_capability(CapabilitySet set, int number);
// Those of `needed_capabilities` that `set` lacks.
std::vector<NamedCapability> missing_capabilities(CapabilitySet set);

// Lifts the limit of locked memory, which kernels before 5.11 count BPF maps against. May be
// refused, and is not needed on later kernels.
void raise_locked_memory_limit();

// Gives up for good, in the calling thread and so in what it starts, all capabilities but the
// needed ones, and the possibility to gain any by executing a file (no_new_privs). To be called
// while there is one thread.
//
// Probes by uprobe_multi links take CAP_BPF and CAP_PERFMON; those by perf events take
// CAP_SYS_ADMIN (Linux 6.18 refuses them without), and so do tracepoints where the distribution has
// hardened perf_event_paranoid (Debian and Ubuntu, at 3 and more). So `attaching_works` is called
// with CAP_SYS_ADMIN put aside, and only where it says no is that capability kept.
Status drop_privileges(const std::function<bool()>& attaching_works);

}  // namespace leaklens
