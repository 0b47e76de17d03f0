#include "agent/sniffer/probe_set.h"

#include <utility>

#include "agent/sniffer/uprobe_link.h"

namespace leaklens {

namespace {

// An attachment that failed, as the user can act on it.
Error explain(const Error& error, const Module& module) {
    return Error{ErrorKind::not_permitted,
                 "cannot probe " + module.report.path + ": " + error.message,
                 "Run `leaklens doctor --pid PID` to see what this kernel allows."};
}

}  // namespace

Status ProbeSet::attach(const Module& module) {
    if (module.plan.probes.empty()) return {};
    const Status status = features_.uprobe_multi ? attach_multi(module) : attach_events(module);
    if (!status) return explain(status.error(), module);
    for (const PlannedProbe& probe : module.plan.probes) {
        stepped_.at(static_cast<std::size_t>(probe.shape)) |= !probe.emulated;
        reports_.push_back({probe.function, module.report.path, probe.instruction_offset,
                            probe.emulated, probe.reason});
    }
    return {};
}

Status ProbeSet::attach_multi(const Module& module) {
    std::vector<UprobePoint> entries;
    std::vector<UprobePoint> returns;
    for (const PlannedProbe& probe : module.plan.probes) {
        const UprobePoint point{probe.file_offset, static_cast<std::uint64_t>(probe.shape)};
        entries.push_back(point);
        if (probe.returns) returns.push_back(point);
    }
    // Returns first: an entry whose return is not probed yet would wait for one in vain.
    for (const bool on_return : {true, false}) {
        const std::vector<UprobePoint>& points = on_return ? returns : entries;
        if (points.empty()) continue;
        const int program = on_return ? heap_.return_program() : heap_.multi_entry_program();
        auto link = attach_uprobe_multi(program, module.file.get(), pid_, points, on_return);
        if (!link) return link.error();
        links_.push_back(std::move(*link));
    }
    return {};
}

Status ProbeSet::attach_events(const Module& module) {
    for (const bool on_return : {true, false}) {
        for (const PlannedProbe& probe : module.plan.probes) {
            if (on_return && !probe.returns) continue;
            const int program =
                on_return ? heap_.return_program() : heap_.entry_program(probe.shape);
            auto link =
                attach_uprobe_event(program, module.file.get(), pid_, probe.file_offset, on_return);
            if (!link) return link.error();
            links_.push_back(std::move(*link));
        }
    }
    return {};
}

Status ProbeSet::attach_tracepoints() {
    std::vector<Fd> links;
    for (const auto& [event, program] : heap_.tracepoints()) {
        auto link = attach_tracepoint(program, features_.tracefs.c_str(), event.c_str());
        if (!link) return link.error();
        links.push_back(std::move(*link));
    }
    for (Fd& link : links)
        links_.push_back(std::move(link));
    return {};
}

void ProbeSet::detach() {
    heap_.disarm();
    detach_together(std::exchange(links_, {}));
}

}  // namespace leaklens
