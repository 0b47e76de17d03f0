// How a capture runs: everything is attached in start(), then three timers drive it. The sampling
// timer reads the kernel's counters and reports; a fast one empties the ring buffer, so that new
// stacks are resolved early; a slow one looks for new libraries and for threads that are gone.
#include "agent/capture.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "agent/clocks.h"
#include "agent/event_loop.h"
#include "agent/sniffer/cohort_clock.h"
#include "agent/sniffer/cost_meter.h"
#include "agent/sniffer/counter_book.h"
#include "agent/sniffer/heap_object.h"
#include "agent/sniffer/losses.h"
#include "agent/sniffer/module_table.h"
#include "agent/sniffer/probe_set.h"
#include "agent/sniffer/shared_kernel_state.h"
#include "agent/sniffer/stack_table.h"

namespace leaklens {

namespace {

constexpr std::uint32_t kRingPollMs = 100;
constexpr std::uint32_t kHousekeepingMs = 500;
constexpr int kThreadSweepEvery = 10;                    // housekeeping rounds
constexpr std::uint64_t kSymbolGraceNs = 2'000'000'000;  // after the end

}  // namespace

class Capture::Impl {
  public:
    Impl(EventLoop& loop, SharedKernelState& kernel, pid_t pid, std::uint32_t interval_ms,
         CaptureListener& listener)
        : loop_(loop),
          kernel_(kernel),
          pid_(pid),
          interval_ms_(interval_ms),
          listener_(listener),
          modules_(pid, kernel.features()),
          stacks_(modules_),
          cohorts_(std::uint64_t{interval_ms} * 1'000'000),
          symbols_({.on_answer = [this](SymbolAnswer answer) { on_answer(std::move(answer)); },
                    .on_module = [this](ModuleSymbols found) { on_module(std::move(found)); }}) {}
    ~Impl() {
        if (probes_) probes_->detach();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Status start(const CaptureLimits& limits);
    [[nodiscard]] const CaptureStarted& started() const { return started_; }
    void end(EndReason reason, const std::string& detail);
    [[nodiscard]] bool ending() const { return end_reason_.has_value(); }

  private:
    Status attach(const CaptureLimits& limits);
    Status watch();
    void introduce(std::uint32_t module);
    void drain_ring();
    void flush_stacks();
    void use_modules();
    void refresh_modules();
    void housekeeping();
    void sweep_threads();
    void sample();
    LossesReport losses(const ll_totals& totals) const;
    void on_answer(SymbolAnswer answer);
    void on_module(ModuleSymbols found);
    void flush_symbols();
    void finish_when_resolved();
    [[nodiscard]] std::uint64_t age_ns() const { return clock_ns(CLOCK_MONOTONIC) - started_ns_; }

    EventLoop& loop_;
    SharedKernelState& kernel_;
    pid_t pid_;
    std::uint32_t interval_ms_;
    CaptureListener& listener_;
    CaptureStarted started_;
    std::uint64_t started_ns_ = 0;
    std::uint32_t sequence_ = 0;
    ExecutableId executable_;
    ProcessMemory last_memory_;
    ll_totals last_totals_{};
    std::uint64_t ring_losses_seen_ = 0;
    int housekeeping_rounds_ = 0;
    std::uint64_t mappings_without_room_ = 0;
    std::optional<EndReason> end_reason_;
    std::string end_detail_;
    std::uint64_t end_ns_ = 0;

    ModuleTable modules_;
    StackTable stacks_;
    CounterBook counters_;
    CohortClock cohorts_;
    std::vector<ModuleReport> changed_modules_;
    std::vector<SymbolReport> resolved_;
    std::unique_ptr<HeapObject> heap_;
    std::optional<ProbeSet> probes_;
    std::optional<CostMeter> cost_;
    SymbolClient symbols_;
    Fd exit_;
    std::vector<EventLoop::Watch> watches_;  // last: they refer to all of the above
};

Status Capture::Impl::start(const CaptureLimits& limits) {
    auto process = read_process(pid_);
    if (!process) return process.error();
    if (process->obstacle) return *process->obstacle;
    auto exit = open_pidfd(pid_);
    if (!exit) return exit.error();
    exit_ = std::move(*exit);
    const auto executable = executable_id(pid_);
    if (!executable) return executable.error();
    executable_ = *executable;

    started_.mappings_traced = kernel_.features().mappings;
    started_.mappings_reason = kernel_.features().mappings_reason;
    if (Status status = attach(limits); !status) return status;
    started_.process = std::move(*process);
    started_.started_unix_ms = unix_ms();
    started_.uprobe_multi = kernel_.features().uprobe_multi;
    started_.limits = limits;
    started_.probes = probes_->reports();
    return watch();
}

Status Capture::Impl::attach(const CaptureLimits& limits) {
    if (Status status = modules_.load(kernel_, limits.unwind_rows); !status) return status;
    const bool has_allocator =
        std::any_of(modules_.modules().begin(), modules_.modules().end(),
                    [](const auto& module) { return !module->plan.probes.empty(); });
    if (!has_allocator) {
        return Error{ErrorKind::no_allocator,
                     "process " + std::to_string(pid_) +
                         " has no allocator that can be found: none of its files exports malloc "
                         "and free",
                     "If it is linked statically, keep its symbol table (do not strip it)."};
    }
    auto heap = HeapObject::load(kernel_.features(), limits, pid_, modules_.rows());
    if (!heap) return heap.error();
    heap_ = std::move(*heap);
    use_modules();
    probes_.emplace(*heap_, kernel_.features(), pid_);
    cost_.emplace(kernel_.probe_cost(), *probes_);
    started_ns_ = clock_ns(CLOCK_MONOTONIC);
    if (Status status = probes_->attach_tracepoints(); !status) {
        // Some distributions let perf_event_paranoid forbid them; the heap is traced all the same.
        started_.mappings_traced = false;
        started_.mappings_reason = status.error().message;
    }
    for (const auto& module : modules_.modules()) {
        if (Status status = probes_->attach(*module); !status) return status;
        introduce(module->report.module);
    }
    return {};
}

Status Capture::Impl::watch() {
    const auto keep = [this](Result<EventLoop::Watch> watch) -> Status {
        if (!watch) return watch.error();
        watches_.push_back(std::move(*watch));
        return {};
    };
    Status status = keep(loop_.watch(exit_.get(), EPOLLIN, [this](std::uint32_t) {
        end(EndReason::exited, "the target ended");
    }));
    if (status) {
        status = keep(loop_.watch(symbols_.fd(), EPOLLIN, [this](std::uint32_t) {
            symbols_.on_readable();
            flush_symbols();
            finish_when_resolved();
        }));
    }
    if (status) {
        status =
            keep(loop_.watch(heap_->ring_fd(), EPOLLIN, [this](std::uint32_t) { drain_ring(); }));
    }
    if (status) status = keep(loop_.every(kRingPollMs, [this] { drain_ring(); }));
    if (status) status = keep(loop_.every(kHousekeepingMs, [this] { housekeeping(); }));
    if (status) {
        status = keep(loop_.every(interval_ms_, [this] {
            if (!ending()) sample();
        }));
    }
    return status;
}

// Hands a module's file to the symbol reader and remembers to report it.
void Capture::Impl::introduce(std::uint32_t number) {
    Module& module = modules_.at(number);
    changed_modules_.push_back(module.report);
    if (!module.file) return;
    Fd copy(::dup(module.file.get()));
    if (copy) symbols_.add_module(number, std::move(copy), pid_, module.report.path);
}

void Capture::Impl::drain_ring() {
    heap_->drain([this](const void* data, std::size_t size) {
        std::uint32_t type = 0;
        if (size < sizeof(ll_mapping_event)) return;
        std::memcpy(&type, data, sizeof(type));
        if (type == LL_EVENT_STACK) {
            ll_stack_event event{};
            std::memcpy(&event, data, std::min(size, sizeof(event)));
            stacks_.add(event);
            return;
        }
        ll_mapping_event event{};
        std::memcpy(&event, data, sizeof(event));
        if (type == LL_EVENT_MAP)
            counters_.mappings().map(event.address, event.length, {event.stack, event.cohort});
        if (type == LL_EVENT_UNMAP) counters_.mappings().unmap(event.address, event.length);
    });
    if (!ending() && stacks_.take_unknown_address()) refresh_modules();
    flush_stacks();
}

void Capture::Impl::flush_stacks() {
    const StacksReport fresh = stacks_.take_new();
    if (!changed_modules_.empty()) listener_.on_modules(std::exchange(changed_modules_, {}));
    if (fresh.stacks.empty()) return;
    listener_.on_stacks(fresh);
    for (const LocationReport& location : fresh.locations) {
        if (location.module < 0) {
            resolved_.push_back({location.location, {}});
        } else {
            symbols_.request(location.location, static_cast<std::uint64_t>(location.module),
                             location.offset);
        }
    }
    flush_symbols();
}

void Capture::Impl::use_modules() {
    mappings_without_room_ = heap_->set_modules(modules_.kernel_table());
}

void Capture::Impl::refresh_modules() {
    const auto fresh = modules_.refresh();
    if (!fresh) return;  // the target is ending; its descriptor will say so
    if (modules_.changed()) use_modules();
    for (const std::uint32_t number : *fresh) {
        if (const Status status = probes_->attach(modules_.at(number)); !status)
            listener_.on_log("warning", status.error().message);
        introduce(number);
    }
}

void Capture::Impl::housekeeping() {
    symbols_.on_tick();
    flush_symbols();
    finish_when_resolved();
    if (ending()) return;
    const auto executable = executable_id(pid_);
    if (heap_->disarmed_by_exec() || (executable && *executable != executable_)) {
        end(EndReason::exec, "the target started another program (exec)");
        return;
    }
    refresh_modules();
    if (++housekeeping_rounds_ % kThreadSweepEvery == 0) sweep_threads();
}

// Removes what the kernel keeps for threads that are gone. The list of known threads is read first,
// so that a thread that is born meanwhile is not taken for a dead one.
void Capture::Impl::sweep_threads() {
    const std::string tasks = "/proc/" + std::to_string(pid_) + "/task/";
    for (const std::uint32_t thread : heap_->known_threads()) {
        if (::access((tasks + std::to_string(thread)).c_str(), F_OK) != 0)
            heap_->forget_thread(thread);
    }
}

LossesReport Capture::Impl::losses(const ll_totals& totals) const {
    LossesReport report = losses_in(totals);
    report.unwind_rows_full = modules_.without_rows() + mappings_without_room_;
    report.probes_missed = heap_->missed_hits();
    return report;
}

void Capture::Impl::sample() {
    const auto totals = heap_->read_totals();
    if (!totals) {
        end(EndReason::failed, totals.error().message);
        return;
    }
    // An idle target's counters cannot have changed, and reading them is the dear part.
    if (std::memcmp(&*totals, &last_totals_, sizeof(last_totals_)) != 0) {
        if (const Status status = counters_.read(*heap_, cohorts_.current()); !status)
            listener_.on_log("warning", status.error().message);
    }
    last_totals_ = *totals;
    // After the counters: the kernel announces a stack before it counts it.
    drain_ring();
    const LossesReport lost = losses(*totals);
    if (lost.ring_full != ring_losses_seen_) {
        ring_losses_seen_ = lost.ring_full;
        counters_.mappings().reconcile([this](std::uint64_t start, std::uint64_t end) {
            return modules_.is_mapped(start, end);
        });
    }

    SampleReport report;
    report.sequence = sequence_++;
    report.time_ns = age_ns();
    report.unix_ms = unix_ms();
    report.cohort = cohorts_.current();
    report.cohort_start_ns = cohorts_.start_ns();
    const auto number_of = [this](std::uint64_t hash) { return stacks_.find(hash); };
    report.counters = counters_.take_changes(number_of);
    report.free_sites = counters_.take_free_sites(number_of);
    report.totals = {totals->allocations, totals->allocated_bytes, totals->frees,
                     totals->freed_bytes, totals->unknown_frees,   totals->failed_allocations};
    if (const auto memory = read_process_memory(pid_)) last_memory_ = *memory;
    report.process = last_memory_;
    report.cost = cost_->measure(*totals, report.time_ns, last_memory_.cpu_ns,
                                 clock_ns(CLOCK_PROCESS_CPUTIME_ID) + symbols_.child_cpu_ns());
    report.losses = lost;
    if (cohorts_.advance(report.time_ns)) heap_->set_cohort(cohorts_.current());
    listener_.on_sample(report);
}

void Capture::Impl::on_answer(SymbolAnswer answer) {
    resolved_.push_back({static_cast<std::uint32_t>(answer.ticket), std::move(answer.frames)});
}

void Capture::Impl::on_module(ModuleSymbols found) {
    Module& module = modules_.at(static_cast<std::uint32_t>(found.module));
    module.report.symbols = std::move(found);
    changed_modules_.push_back(module.report);
}

void Capture::Impl::flush_symbols() {
    if (!changed_modules_.empty()) listener_.on_modules(std::exchange(changed_modules_, {}));
    if (!resolved_.empty()) listener_.on_symbols(std::exchange(resolved_, {}));
}

void Capture::Impl::end(EndReason reason, const std::string& detail) {
    if (ending()) return;
    end_reason_ = reason;
    end_detail_ = detail;
    end_ns_ = clock_ns(CLOCK_MONOTONIC);
    watches_.front().reset();  // a dead target's descriptor stays readable
    probes_->detach();
    if (reason != EndReason::failed) sample();
    finish_when_resolved();
}

void Capture::Impl::finish_when_resolved() {
    if (!ending()) return;
    const bool patient = clock_ns(CLOCK_MONOTONIC) - end_ns_ < kSymbolGraceNs;
    if (symbols_.pending() > 0 && patient) return;
    if (watches_.empty()) return;  // has been said already
    watches_.clear();
    // The listener may destroy the capture once it has returned to the loop, so this is the last.
    listener_.on_ended(*end_reason_, end_detail_);
}

Result<std::unique_ptr<Capture>> Capture::start(EventLoop& loop, SharedKernelState& kernel,
                                                pid_t pid, std::uint32_t interval_ms,
                                                const CaptureLimits& limits,
                                                CaptureListener& listener) {
    auto impl = std::make_unique<Impl>(loop, kernel, pid, interval_ms, listener);
    if (const Status status = impl->start(limits); !status) return status.error();
    return std::unique_ptr<Capture>(new Capture(std::move(impl)));
}

Capture::Capture(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Capture::~Capture() = default;

const CaptureStarted& Capture::started() const {
    return impl_->started();
}

void Capture::stop() {
    impl_->end(EndReason::stopped, "stopped");
}

}  // namespace leaklens
