// What identifies the machine that the agent runs on.
#pragma once

#include <cstdint>
#include <string>

namespace leaklens {

struct HostFacts {
    std::string hostname;
    std::string kernel;        // release, as uname -r
    std::string architecture;  // as uname -m
    std::string boot_id;       // changes with each boot; empty where /proc does not tell
    std::uint32_t cpus = 0;    // online
    std::uint64_t memory_bytes = 0;
};

// Facts that cannot be read are left empty or 0.
HostFacts read_host_facts();

// Major and minor number of a kernel release such as "6.12.9-cloud-amd64"; 0.0 where it is none.
struct KernelVersion {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    [[nodiscard]] bool at_least(std::uint32_t wanted_major, std::uint32_t wanted_minor) const {
        return major > wanted_major || (major == wanted_major && minor >= wanted_minor);
    }
    bool operator==(const KernelVersion&) const = default;
};
KernelVersion parse_kernel_version(const std::string& release);

}  // namespace leaklens
