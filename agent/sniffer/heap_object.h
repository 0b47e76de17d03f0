// The loaded kernel programs and maps of one capture. Unloads them on destruction.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/capture.h"
#include "agent/probes/probe_plan.h"
#include "agent/result.h"
#include "agent/sniffer/kernel_features.h"
#include "agent/sniffer/row_store.h"
#include "bpf/shared.h"

namespace leaklens {

class HeapObject {
  public:
    // Sizes the maps by `limits`, shares the rows of `rows`, and loads what `features` allow.
    static Result<std::unique_ptr<HeapObject>> load(const KernelFeatures& features,
                                                    const CaptureLimits& limits, pid_t pid,
                                                    std::shared_ptr<RowStore> rows);
    ~HeapObject() = default;
    HeapObject(const HeapObject&) = delete;
    HeapObject& operator=(const HeapObject&) = delete;

    // The entry program of a shape for perf-event uprobes; ll_entry serves uprobe_multi.
    [[nodiscard]] int entry_program(AllocatorShape shape) const;
    [[nodiscard]] int multi_entry_program() const { return program("ll_entry"); }
    [[nodiscard]] int return_program() const { return program("ll_return"); }

    // Tracepoints to attach: directory under tracefs/events, and the program for it.
    [[nodiscard]] std::vector<std::pair<std::string, int>> tracepoints() const;

    // Fields of ll_control.
    void set_cohort(std::uint32_t cohort) { control_.at(0)->cohort = cohort; }
    void disarm() { control_.at(0)->disarmed = LL_DISARMED_BY_AGENT; }
    [[nodiscard]] bool disarmed_by_exec() const {
        return control_.at(0)->disarmed == LL_DISARMED_BY_EXEC;
    }

    // Replaces the table of executable mappings, which must be sorted by address. Returns how many
    // found no room.
    std::size_t set_modules(const std::vector<ll_module>& modules);

    [[nodiscard]] Result<ll_totals> read_totals() const;
    [[nodiscard]] Status read_counters(
        std::vector<std::pair<ll_counter_key, ll_counter>>& out) const;
    [[nodiscard]] Status read_free_sites(
        std::vector<std::pair<ll_free_site_key, std::uint64_t>>& out) const;
    void forget_counter(const ll_counter_key& key);
    // Threads that have a state in the kernel, and the removal of one that is gone.
    [[nodiscard]] std::vector<std::uint32_t> known_threads() const;
    void forget_thread(std::uint32_t thread);
    // Probe hits that the kernel dropped because a program was already running there.
    [[nodiscard]] std::uint64_t missed_hits() const;

    // Calls `on_event` (bytes of a ll_stack_event or ll_mapping_event) for all that waits.
    void drain(const std::function<void(const void*, std::size_t)>& on_event);
    // Becomes readable when the ring fills up between two drains.
    [[nodiscard]] int ring_fd() const;

  private:
    struct ObjectCloser {
        void operator()(bpf_object* object) const { bpf_object__close(object); }
    };
    struct RingFreer {
        void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
    };

    HeapObject() = default;
    Status open_and_load(const KernelFeatures& features, const CaptureLimits& limits, pid_t pid);
    // Descriptor of a program; negative where it is not loaded.
    [[nodiscard]] int program(const char* name) const;
    [[nodiscard]] int map(const char* name) const;
    static int on_ring_event(void* context, void* data, std::size_t size);

    std::shared_ptr<RowStore> rows_;
    std::unique_ptr<bpf_object, ObjectCloser> object_;
    std::unique_ptr<ring_buffer, RingFreer> ring_;
    MappedArray<ll_control> control_;  // one entry
    MappedArray<ll_module> modules_;
    bool second_table_ = false;
    const std::function<void(const void*, std::size_t)>* on_event_ = nullptr;
};

}  // namespace leaklens
