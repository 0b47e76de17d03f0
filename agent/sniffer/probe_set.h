// The probes of one capture: what is attached where, and all of it detached together.
#pragma once

#include <sys/types.h>

#include <array>
#include <vector>

#include "agent/capture.h"
#include "agent/result.h"
#include "agent/sniffer/heap_object.h"
#include "agent/sniffer/module_table.h"

namespace leaklens {

class ProbeSet {
  public:
    ProbeSet(HeapObject& heap, const KernelFeatures& features, pid_t pid)
        : heap_(heap), features_(features), pid_(pid) {}
    ~ProbeSet() { detach(); }
    ProbeSet(const ProbeSet&) = delete;
    ProbeSet& operator=(const ProbeSet&) = delete;

    // Attaches the module's planned probes; none is not an error.
    Status attach(const Module& module);
    // Attaches the tracepoints that the loaded programs are for: all of them or none.
    Status attach_tracepoints();
    // Disarms everything: the programs return at once, then the probes are removed.
    void detach();

    [[nodiscard]] const std::vector<ProbeReport>& reports() const { return reports_; }
    // Whether a shape's probes sit on instructions that the kernel emulates; where modules differ,
    // the dearer one counts.
    [[nodiscard]] bool emulated(AllocatorShape shape) const {
        return !stepped_.at(static_cast<std::size_t>(shape));
    }

  private:
    Status attach_multi(const Module& module);
    Status attach_events(const Module& module);

    HeapObject& heap_;
    const KernelFeatures& features_;
    pid_t pid_;
    std::vector<Fd> links_;
    std::vector<ProbeReport> reports_;
    std::array<bool, LL_SHAPES> stepped_{};
};

}  // namespace leaklens
