// Host facts from uname, sysinfo and /proc.
#include "agent/host/host_facts.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>

#include "agent/process/proc_file.h"

namespace leaklens {

HostFacts read_host_facts() {
    HostFacts facts;
    utsname names{};
    if (uname(&names) == 0) {
        facts.hostname = names.nodename;
        facts.kernel = names.release;
        facts.architecture = names.machine;
    }
    const ProcFile boot_id = read_proc_file("/proc/sys/kernel/random/boot_id", 64);
    facts.boot_id = boot_id.text.substr(0, boot_id.text.find('\n'));
    const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (cpus > 0) facts.cpus = static_cast<std::uint32_t>(cpus);
    struct sysinfo memory {};
    if (sysinfo(&memory) == 0) {
        facts.memory_bytes = static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit;
    }
    return facts;
}

KernelVersion parse_kernel_version(const std::string& release) {
    KernelVersion version;
    const char* const end = release.data() + release.size();
    const auto major = std::from_chars(release.data(), end, version.major);
    if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return {};
    const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
    if (minor.ec != std::errc{}) return {};
    return version;
}

}  // namespace leaklens
