#include "agent/sniffer/calibration.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "agent/process/maps.h"
#include "agent/sniffer/uprobe_link.h"

// Two functions that begin as those of allocators do: one with an instruction that the kernel
// emulates, one with an instruction that it single-steps.
extern "C" {
void leaklens_calibration_emulated();
void leaklens_calibration_stepped();
}
asm(R"(
    .text
    .balign 16
    .type leaklens_calibration_emulated, @function
leaklens_calibration_emulated:
    push %rbp
    pop %rbp
    ret
    .size leaklens_calibration_emulated, . - leaklens_calibration_emulated
    .balign 16
    .type leaklens_calibration_stepped, @function
leaklens_calibration_stepped:
    mov %rdi, %rax
    ret
    .size leaklens_calibration_stepped, . - leaklens_calibration_stepped
)");

namespace leaklens {

namespace {

using Function = void (*)();

constexpr int kRounds = 5;
constexpr int kCallsPerRound = 100;
// An untraced call takes some 2 ns, a traced one never less than 300.
constexpr double kTracedCallNs = 100;

// Median time of a call, ns, measured in a thread that is not the process's first: a link that
// only reaches the first thread must not pass for one that works.
double time_call(Function function) {
    std::array<double, kRounds> rounds{};
    std::thread([&] {
        for (double& round : rounds) {
            const auto began = std::chrono::steady_clock::now();
            for (int call = 0; call < kCallsPerRound; call++)
                function();
            const std::chrono::duration<double, std::nano> took =
                std::chrono::steady_clock::now() - began;
            round = took.count() / kCallsPerRound;
        }
    }).join();
    std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
    return rounds[kRounds / 2];
}

// A program that does nothing, so that only the trap is measured.
Result<Fd> load_empty_program(bool multi) {
    const std::array<bpf_insn, 2> instructions{{
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
        {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
    }};
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    if (multi) options.expected_attach_type = static_cast<bpf_attach_type>(kAttachUprobeMulti);
    const int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "ll_calibrate", "GPL", instructions.data(),
                                 instructions.size(), &options);
    if (fd < 0) return Error::from_errno("load a BPF program", -fd);
    return Fd(fd);
}

// File offset of a function of this program, wherever it is mapped.
Result<std::uint64_t> file_offset_of(Function function) {
    const auto address = reinterpret_cast<std::uint64_t>(function);
    const auto maps = read_maps(::getpid());
    if (!maps) return maps.error();
    for (const Mapping& mapping : *maps) {
        if (address >= mapping.start && address < mapping.end)
            return address - mapping.start + mapping.offset;
    }
    return Error{ErrorKind::internal, "the agent does not find itself in its own memory map", {}};
}

struct Places {
    Fd file;
    std::uint64_t emulated = 0;
    std::uint64_t stepped = 0;
};

Result<Places> find_places() {
    const auto emulated = file_offset_of(leaklens_calibration_emulated);
    if (!emulated) return emulated.error();
    const auto stepped = file_offset_of(leaklens_calibration_stepped);
    if (!stepped) return stepped.error();
    Places places{Fd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)), *emulated, *stepped};
    if (!places.file) return Error::from_errno("open /proc/self/exe");
    return places;
}

// Attaches entries to both functions, then a return probe to the first, and times each step.
template <typename AttachEntries, typename AttachReturn>
Result<ProbeCost> measure(AttachEntries attach_entries, AttachReturn attach_return) {
    std::vector<Fd> links;
    ProbeCost cost;
    Status status = attach_entries(links);
    if (status) {
        cost.emulated_ns = time_call(leaklens_calibration_emulated);
        cost.stepped_ns = time_call(leaklens_calibration_stepped);
        status = attach_return(links);
    }
    if (status) {
        const double both = time_call(leaklens_calibration_emulated);
        cost.return_ns = std::max(0.0, both - cost.emulated_ns);
    }
    detach_together(std::move(links));
    if (!status) return status.error();
    return cost;
}

Result<ProbeCost> measure_multi(const Places& places) {
    const auto program = load_empty_program(true);
    if (!program) return program.error();
    const auto attach = [&](std::vector<Fd>& links, const std::vector<UprobePoint>& points,
                            bool on_return) -> Status {
        auto link =
            attach_uprobe_multi(program->get(), places.file.get(), ::getpid(), points, on_return);
        if (!link) return link.error();
        links.push_back(std::move(*link));
        return {};
    };
    return measure(
        [&](std::vector<Fd>& links) {
            return attach(links, {{places.emulated, 0}, {places.stepped, 0}}, false);
        },
        [&](std::vector<Fd>& links) {
            return attach(links, {{places.emulated, 0}}, true);
        });
}

Result<ProbeCost> measure_events(const Places& places) {
    const auto program = load_empty_program(false);
    if (!program) return program.error();
    const auto attach = [&](std::vector<Fd>& links, std::uint64_t offset,
                            bool on_return) -> Status {
        auto link =
            attach_uprobe_event(program->get(), places.file.get(), ::getpid(), offset, on_return);
        if (!link) return link.error();
        links.push_back(std::move(*link));
        return {};
    };
    return measure(
        [&](std::vector<Fd>& links) {
            const Status first = attach(links, places.emulated, false);
            return first ? attach(links, places.stepped, false) : first;
        },
        [&](std::vector<Fd>& links) { return attach(links, places.emulated, true); });
}

}  // namespace

Result<ProbeCost> calibrate(KernelFeatures& features) {
    const auto places = find_places();
    if (!places) return places.error();
    auto by_link = measure_multi(*places);
    features.uprobe_multi = by_link.ok() && by_link->emulated_ns > kTracedCallNs;
    if (features.uprobe_multi) return by_link;

    auto by_event = measure_events(*places);
    if (by_event.ok() && by_event->emulated_ns <= kTracedCallNs) {
        return Error{ErrorKind::unsupported, "uprobes attach, but never hit",
                     "Run `leaklens doctor` to see what this kernel allows."};
    }
    return by_event;
}

}  // namespace leaklens
