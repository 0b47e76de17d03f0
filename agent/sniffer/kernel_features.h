// What the running kernel offers to a capture, found by trying.
#pragma once

#include <string>

namespace leaklens {

struct KernelFeatures {
    int major = 0;
    int minor = 0;
    // All entries in one link and all returns in another, armed and disarmed together (6.6+, and
    // only where a link reaches every thread of its process, which needs 6.10 or a stable fix).
    bool uprobe_multi = false;
    bool bpf_loop = false;  // 5.17+
    // System call tracepoints and the user registers of the current task (5.15+, kernel BTF).
    bool mappings = false;
    std::string mappings_reason;  // why not, for a person
    // BPF hash maps may allocate on demand in tracing programs (6.1+); before, they must not.
    bool safe_on_demand_maps = false;
    bool nops_are_emulated = false;  // multi-byte nops are not single-stepped (6.16+)
    std::string tracefs;             // where tracefs is mounted; empty where it is not

    [[nodiscard]] bool at_least(int wanted_major, int wanted_minor) const {
        return major > wanted_major || (major == wanted_major && minor >= wanted_minor);
    }
};

// `tracefs` is the directory that prepare_tracefs found or mounted, or empty with the reason in
// `tracefs_reason`. uprobe_multi is decided by the calibration, which tries it for real.
KernelFeatures probe_kernel_features(const std::string& tracefs, const std::string& tracefs_reason);

}  // namespace leaklens
