// One capture of one process: probes attached, tables read once an interval, everything reported
// through a listener. Owns all that it attached; destruction detaches it.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/process/process.h"
#include "agent/result.h"
#include "agent/symbols/symbol_client.h"

namespace leaklens {

class EventLoop;
class SharedKernelState;  // what all captures of an agent share: unwind rows, calibration, features

struct CaptureLimits {
    std::uint32_t blocks = 1U << 20;
    std::uint32_t stacks = 1U << 14;
    std::uint32_t counters = 1U << 17;
    std::uint32_t unwind_rows = 4U << 20;
};

struct ProbeReport {
    std::string function;
    std::string module;
    std::uint32_t offset = 0;
    bool emulated = false;
    std::string reason;
};

struct CaptureStarted {
    ProcessInfo process;
    double started_unix_ms = 0;
    std::vector<ProbeReport> probes;
    bool uprobe_multi = false;
    bool mappings_traced = false;
    std::string mappings_reason;  // why not
    CaptureLimits limits;
};

struct ModuleReport {
    std::uint32_t module = 0;
    std::string path;
    std::string build_id;
    std::uint32_t unwind_rows = 0;
    ModuleSymbols symbols;
    std::string problem;
};

enum class StackKind : std::uint8_t { heap, mapping, free };
enum class StackEnd : std::uint8_t { complete, truncated, guessed };

struct LocationReport {
    std::uint32_t location = 0;
    std::uint64_t address = 0;
    std::int32_t module = -1;
    std::uint64_t offset = 0;
};

struct StackReport {
    std::uint32_t stack = 0;
    StackKind kind = StackKind::heap;
    StackEnd end = StackEnd::complete;
    std::vector<std::uint32_t> locations;
};

struct StacksReport {
    std::vector<LocationReport> locations;
    std::vector<StackReport> stacks;
};

struct SymbolReport {
    std::uint32_t location = 0;
    std::vector<SymbolFrame> frames;
};

struct CounterReport {
    std::uint32_t stack = 0;
    std::uint32_t cohort = 0;
    std::uint64_t allocations = 0;
    std::uint64_t allocated_bytes = 0;
    std::uint64_t frees = 0;
    std::uint64_t freed_bytes = 0;
};

// Blocks of one stack that were freed from another, estimated from a sample of the frees.
struct FreeSiteReport {
    std::uint32_t stack = 0;
    std::uint32_t free_stack = 0;
    std::uint64_t frees = 0;
};

struct TotalsReport {
    std::uint64_t allocations = 0;
    std::uint64_t allocated_bytes = 0;
    std::uint64_t frees = 0;
    std::uint64_t freed_bytes = 0;
    std::uint64_t unknown_frees = 0;
    std::uint64_t failed_allocations = 0;
};

struct CostReport {
    std::uint64_t hits = 0;
    std::uint64_t target_ns = 0;
    std::uint64_t agent_ns = 0;
    double core_share = 0;
    double target_share = 0;
};

struct LossesReport {
    std::uint64_t blocks_full = 0;
    std::uint64_t stacks_full = 0;
    std::uint64_t counters_full = 0;
    std::uint64_t threads_full = 0;
    std::uint64_t ring_full = 0;
    std::uint64_t unwind_rows_full = 0;
    std::uint64_t stacks_truncated = 0;
    std::uint64_t stacks_guessed = 0;
    std::uint64_t returns_missed = 0;
    std::uint64_t frees_missed = 0;
    std::uint64_t free_sites_full = 0;
    std::uint64_t probes_missed = 0;
};

struct SampleReport {
    std::uint32_t sequence = 0;
    std::uint64_t time_ns = 0;
    double unix_ms = 0;
    std::uint32_t cohort = 0;
    std::uint64_t cohort_start_ns = 0;
    std::vector<CounterReport> counters;
    std::vector<FreeSiteReport> free_sites;
    TotalsReport totals;
    ProcessMemory process;
    CostReport cost;
    LossesReport losses;
};

enum class EndReason : std::uint8_t { stopped, exited, exec, failed };

// What a capture tells; called from the event loop, never after on_ended.
class CaptureListener {
  public:
    CaptureListener() = default;
    virtual ~CaptureListener() = default;
    CaptureListener(const CaptureListener&) = delete;
    CaptureListener& operator=(const CaptureListener&) = delete;

    virtual void on_modules(const std::vector<ModuleReport>& modules) = 0;
    virtual void on_stacks(const StacksReport& stacks) = 0;
    virtual void on_symbols(const std::vector<SymbolReport>& symbols) = 0;
    virtual void on_sample(const SampleReport& sample) = 0;
    // The capture has released its probes and may be destroyed (not from inside this call).
    virtual void on_ended(EndReason reason, const std::string& detail) = 0;
    virtual void on_log(const std::string& level, const std::string& message) = 0;
};

class Capture {
  public:
    // Attaches and starts the sampling timer. Everything the listener hears comes later, from the
    // loop.
    static Result<std::unique_ptr<Capture>> start(EventLoop& loop, SharedKernelState& kernel,
                                                  pid_t pid, std::uint32_t interval_ms,
                                                  const CaptureLimits& limits,
                                                  CaptureListener& listener);
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

    [[nodiscard]] const CaptureStarted& started() const;
    // Disarms the probes at once, takes the last sample, waits up to two seconds for symbols that
    // are being resolved (without blocking the loop), then calls on_ended(stopped).
    void stop();

  private:
    class Impl;
    explicit Capture(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace leaklens
