// Trying BPF, probes and tracepoints on the agent itself.
#include "agent/host/bpf_trials.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>
#include <utility>

#include "agent/host/self_probe.h"
#include "agent/sniffer/heap_object.h"
#include "agent/sniffer/row_store.h"
#include "agent/sniffer/uprobe_link.h"

namespace leaklens {
namespace {

constexpr std::uint64_t trial_hits = 3;
constexpr const char* as_root = "Run it as root (sudo).";

using Attach = std::function<Result<Fd>(const Fd& program, const SelfProbePlace& place)>;

// Attaches a counting program, hits it some times from another thread, and compares the count.
Status attach_and_count(bool multi, const Attach& attach) {
    const auto place = find_self_probe_place();
    if (!place.ok()) return place.error();
    const auto map = create_counter_map();
    if (!map.ok()) return map.error();
    const auto program = load_counting_program(*map, multi);
    if (!program.ok()) return program.error();
    const auto link = attach(*program, *place);
    if (!link.ok()) return link.error();
    for (std::uint64_t hit = 0; hit < trial_hits; ++hit)
        hit_self_probe();
    const auto count = read_counter(*map);
    if (!count.ok()) return count.error();
    if (*count != trial_hits) {
        return Error{ErrorKind::internal,
                     std::to_string(trial_hits) + " hits were counted as " + std::to_string(*count),
                     {}};
    }
    return {};
}

DoctorCheck verdict(DoctorCheck check, const Status& status, CheckStatus otherwise,
                    const std::string& advice) {
    if (status.ok()) return check;
    check.status = otherwise;
    check.detail = status.error().message;
    check.advice = advice;
    return check;
}

template <typename T>
Status status_of(const Result<T>& result) {
    return result.ok() ? Status() : Status(result.error());
}

}  // namespace

DoctorCheck try_bpf() {
    return verdict({"bpf", "BPF programs", CheckStatus::ok, "a program was loaded", {}},
                   status_of(load_empty_program(false)), CheckStatus::failed, as_root);
}

DoctorCheck try_ring_buffer() {
    const auto bytes = static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE));
    const int map = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ll_trial", 0, 0, bytes, nullptr);
    const Fd owned(map);
    const Status status =
        map < 0 ? Status(Error::from_errno("create a ring buffer", -map)) : Status();
    return verdict({"ring-buffer", "BPF ring buffer", CheckStatus::ok, "one was created", {}},
                   status, CheckStatus::failed, as_root);
}

Status try_uprobe_multi() {
    return attach_and_count(true, [](const Fd& program, const SelfProbePlace& place) {
        return attach_uprobe_multi(program.get(), place.file.get(), getpid(),
                                   {{place.file_offset, 0}}, false);
    });
}

DoctorCheck check_uprobes(const Status& uprobe_multi) {
    DoctorCheck good{"uprobes",
                     "Probes in programs",
                     CheckStatus::ok,
                     "one was attached to the agent itself, and every hit was counted",
                     {}};
    // Perf events take more privileges, which the agent does not keep where it has no use for them.
    if (uprobe_multi.ok()) return good;
    const Status status =
        attach_and_count(false, [](const Fd& program, const SelfProbePlace& place) {
            return attach_uprobe_event(program.get(), place.file.get(), getpid(), place.file_offset,
                                       false);
        });
    return verdict(std::move(good), status, CheckStatus::failed,
                   "Run it as root (sudo), on a kernel with uprobes (CONFIG_UPROBE_EVENTS).");
}

DoctorCheck check_uprobe_multi(const Status& uprobe_multi) {
    return verdict(
        {"uprobe-multi", "Probes armed together", CheckStatus::ok, "uprobe_multi links work", {}},
        uprobe_multi, CheckStatus::warning,
        "Works all the same, by perf events, which are slower to detach. Linux 6.10 "
        "and later have it.");
}

DoctorCheck check_bpf_loop(const KernelFeatures& features) {
    DoctorCheck check{"bpf-loop", "Loops in BPF", CheckStatus::ok, "bpf_loop is there", {}};
    if (!features.bpf_loop) {
        check.status = CheckStatus::warning;
        check.detail = "bpf_loop is missing: stacks are walked by tail calls";
        check.advice = "Works all the same; Linux 5.17 and later have it.";
    }
    return check;
}

DoctorCheck try_mappings(const KernelFeatures& features) {
    DoctorCheck check{"mappings", "mmap and munmap", CheckStatus::ok, "can be traced", {}};
    Status status;
    if (!features.mappings) {
        status = Error{ErrorKind::unsupported, features.mappings_reason, {}};
    } else {
        const auto program = load_empty_tracepoint_program();
        status = program.ok()
                     ? status_of(attach_tracepoint(program->get(), features.tracefs.c_str(),
                                                   "syscalls/sys_enter_mmap"))
                     : status_of(program);
    }
    return verdict(std::move(check), status, CheckStatus::warning,
                   "The heap is traced all the same; memory that a program maps itself is not.");
}

bool attaching_works(const Tracefs& tracefs) {
    if (!try_uprobe_multi().ok()) return false;
    const KernelFeatures features = probe_kernel_features(tracefs.directory, tracefs.reason);
    return !features.mappings || try_mappings(features).status == CheckStatus::ok;
}

DoctorCheck try_capture_programs(const KernelFeatures& features) {
    DoctorCheck check{
        "capture-programs", "LeakLens's programs", CheckStatus::ok, "the kernel accepts them", {}};
    constexpr std::size_t few = 1024;
    const CaptureLimits limits{few, few, few, few};
    auto rows = RowStore::create(few, few);
    const Status status =
        rows.ok() ? status_of(HeapObject::load(features, limits, getpid(), std::move(*rows)))
                  : status_of(rows);
    return verdict(std::move(check), status, CheckStatus::failed,
                   "The checks above say what is missing.");
}

}  // namespace leaklens
