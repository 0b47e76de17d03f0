#include "agent/sniffer/uprobe_link.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <array>
#include <charconv>
#include <string>
#include <thread>

namespace leaklens {

namespace {

// The tail of union bpf_attr for BPF_LINK_CREATE with uprobe_multi, as the kernel's interface
// defines it since 6.6.
struct UprobeMultiAttributes {
    std::uint32_t program;
    std::uint32_t target;
    std::uint32_t attach_type;
    std::uint32_t flags;
    std::uint64_t path;
    std::uint64_t offsets;
    std::uint64_t reference_counter_offsets;
    std::uint64_t cookies;
    std::uint32_t count;
    std::uint32_t multi_flags;
    std::uint32_t pid;
    std::uint32_t padding;
};
constexpr std::uint32_t kMultiReturn = 1;

std::string path_of(int file) {
    return "/proc/self/fd/" + std::to_string(file);
}

Result<long> read_number(const std::string& path, const char* prefix = "") {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return Error::from_errno("open " + path);
    std::array<char, 64> text{};
    const ssize_t length = ::read(file.get(), text.data(), text.size() - 1);
    if (length <= 0) return Error::from_errno("read " + path);
    std::string_view rest(text.data(), static_cast<std::size_t>(length));
    if (!rest.starts_with(prefix))
        return Error{ErrorKind::internal, path + ": unexpected form", {}};
    rest.remove_prefix(std::strlen(prefix));
    long number = 0;
    if (std::from_chars(rest.data(), rest.data() + rest.size(), number).ec != std::errc{})
        return Error{ErrorKind::internal, path + ": not a number", {}};
    return number;
}

Result<Fd> open_and_enable(perf_event_attr& attributes, pid_t pid, int cpu, int program) {
    Fd event(static_cast<int>(
        ::syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    if (!event) return Error::from_errno("perf_event_open");
    if (::ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program) != 0)
        return Error::from_errno("attach a BPF program to a perf event");
    if (::ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0)
        return Error::from_errno("enable a perf event");
    return event;
}

}  // namespace

Result<Fd> attach_uprobe_multi(int program, int file, pid_t pid,
                               const std::vector<UprobePoint>& points, bool on_return) {
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint64_t> cookies;
    for (const UprobePoint& point : points) {
        offsets.push_back(point.file_offset);
        cookies.push_back(point.cookie);
    }
    const std::string path = path_of(file);
    UprobeMultiAttributes attributes{};
    attributes.program = static_cast<std::uint32_t>(program);
    attributes.attach_type = kAttachUprobeMulti;
    attributes.path = reinterpret_cast<std::uint64_t>(path.c_str());
    attributes.offsets = reinterpret_cast<std::uint64_t>(offsets.data());
    attributes.cookies = reinterpret_cast<std::uint64_t>(cookies.data());
    attributes.count = static_cast<std::uint32_t>(points.size());
    attributes.multi_flags = on_return ? kMultiReturn : 0;
    attributes.pid = static_cast<std::uint32_t>(pid);
    Fd link(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes))));
    if (!link) return Error::from_errno("create a uprobe_multi link");
    return link;
}

Result<Fd> attach_uprobe_event(int program, int file, pid_t pid, std::uint64_t file_offset,
                               bool on_return) {
    static constexpr const char* kDevice = "/sys/bus/event_source/devices/uprobe/";
    const auto type = read_number(std::string(kDevice) + "type");
    if (!type) return type.error();
    const auto return_bit = read_number(std::string(kDevice) + "format/retprobe", "config:");
    if (!return_bit) return return_bit.error();
    const std::string path = path_of(file);
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = static_cast<std::uint32_t>(*type);
    attributes.config = on_return ? 1ULL << *return_bit : 0;
    attributes.config1 = reinterpret_cast<std::uint64_t>(path.c_str());
    attributes.config2 = file_offset;
    return open_and_enable(attributes, pid, -1, program);
}

Result<Fd> attach_tracepoint(int program, const char* tracefs, const char* event) {
    const auto id = read_number(std::string(tracefs) + "/events/" + event + "/id");
    if (!id) return id.error();
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = static_cast<std::uint64_t>(*id);
    // The program runs wherever the tracepoint is hit, whatever processor the event is bound to.
    return open_and_enable(attributes, -1, 0, program);
}

void detach_together(std::vector<Fd> links) {
    std::vector<std::thread> closers;
    closers.reserve(links.size());
    for (Fd& link : links)
        closers.emplace_back([owned = std::move(link)]() mutable { owned.reset(); });
    for (std::thread& closer : closers)
        closer.join();
}

}  // namespace leaklens
