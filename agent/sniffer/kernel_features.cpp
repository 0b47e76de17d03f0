#include "agent/sniffer/kernel_features.h"

#include <bpf/libbpf.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

namespace leaklens {

namespace {

void read_version(KernelFeatures& features) {
    utsname name{};
    if (uname(&name) != 0) return;
    const std::string_view release(static_cast<const char*>(name.release));
    const char* const end = release.data() + release.size();
    const auto [after_major, error] = std::from_chars(release.data(), end, features.major);
    if (error == std::errc{} && after_major != end)
        std::from_chars(after_major + 1, end, features.minor);
}

}  // namespace

KernelFeatures probe_kernel_features(const std::string& tracefs,
                                     const std::string& tracefs_reason) {
    KernelFeatures features;
    read_version(features);
    features.tracefs = tracefs;
    features.bpf_loop = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_loop, nullptr) == 1;
    features.safe_on_demand_maps = features.at_least(6, 1);
    features.nops_are_emulated = features.at_least(6, 16);
    const bool registers =
        libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_task_pt_regs, nullptr) == 1;
    if (tracefs.empty()) {
        features.mappings_reason = "tracefs cannot be read: " + tracefs_reason;
    } else if (!registers) {
        features.mappings_reason = "this kernel (before 5.15) does not tell a task's registers";
    } else if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
        features.mappings_reason = "this kernel was built without BTF (CONFIG_DEBUG_INFO_BTF)";
    } else {
        features.mappings = true;
    }
    return features;
}

}  // namespace leaklens
