#include "agent/tests/message_reader.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

namespace leaklens::tests {
namespace {

// The position of a word in a list of words, which is the value of the enum that they name.
template <typename Enum, std::size_t Count>
Enum enum_value(const std::array<const char*, Count>& words, const Json& word) {
    const auto found = std::find(words.begin(), words.end(), word.get<std::string>());
    if (found == words.end()) throw std::runtime_error("unknown word " + word.dump());
    return static_cast<Enum>(found - words.begin());
}

ErrorKind read_kind(const Json& kind) {
    // In the order of ErrorKind.
    static constexpr std::array<const char*, 11> words{"",
                                                       "noSuchProcess",
                                                       "kernelThread",
                                                       "processExited",
                                                       "notPermitted",
                                                       "noAllocator",
                                                       "unsupported",
                                                       "seccompWouldKill",
                                                       "alreadyCaptured",
                                                       "tooManyCaptures",
                                                       "noSuchCapture"};
    return enum_value<ErrorKind>(words, kind);
}

ProcessInfo read_process_info(const Json& object) {
    ProcessInfo process;
    process.pid = object.at("pid");
    process.parent_pid = object.at("parentPid");
    process.name = object.at("name");
    process.command = object.at("command").get<std::vector<std::string>>();
    process.executable = object.at("executable");
    process.uid = object.at("uid");
    process.user = object.at("user");
    process.rss_bytes = object.at("rssBytes");
    process.threads = object.at("threads");
    process.started_unix_ms = object.at("startedUnixMs");
    for (const Json& allocator : object.at("allocators")) {
        process.allocators.push_back({allocator.at("family"), allocator.at("module")});
    }
    if (object.contains("obstacle")) {
        const Json& obstacle = object.at("obstacle");
        process.obstacle = Error{read_kind(obstacle.at("kind")), obstacle.at("message"), {}};
    }
    return process;
}

SymbolFrame read_frame(const Json& object) {
    SymbolFrame frame;
    frame.function = object.at("function");
    frame.file = object.value("file", "");
    frame.line = object.value("line", 0U);
    frame.column = object.value("column", 0U);
    frame.inlined = object.at("inlined");
    return frame;
}

LossesReport read_losses(const Json& object) {
    LossesReport losses;
    losses.blocks_full = object.at("blocksFull");
    losses.stacks_full = object.at("stacksFull");
    losses.counters_full = object.at("countersFull");
    losses.threads_full = object.at("threadsFull");
    losses.ring_full = object.at("ringFull");
    losses.unwind_rows_full = object.at("unwindRowsFull");
    losses.stacks_truncated = object.at("stacksTruncated");
    losses.stacks_guessed = object.at("stacksGuessed");
    losses.returns_missed = object.at("returnsMissed");
    losses.frees_missed = object.at("freesMissed");
    losses.free_sites_full = object.at("freeSitesFull");
    losses.probes_missed = object.at("probesMissed");
    return losses;
}

}  // namespace

InitializeResult read_initialize_result(const Json& result) {
    const Json& host = result.at("host");
    const Json& features = result.at("features");
    InitializeResult read;
    read.agent_version = result.at("agent").at("version");
    read.agent_pid = result.at("agent").at("pid");
    read.host = {host.at("hostname"), host.at("kernel"), host.at("architecture"),
                 host.at("bootId"),   host.at("cpus"),   host.at("memoryBytes")};
    read.features = {features.at("uprobeMulti"), features.at("bpfLoop"), features.at("mappings")};
    return read;
}

std::vector<ProcessInfo> read_processes(const Json& result) {
    std::vector<ProcessInfo> processes;
    for (const Json& object : result.at("processes")) {
        processes.push_back(read_process_info(object));
    }
    return processes;
}

DoctorReport read_doctor_report(const Json& result) {
    static constexpr std::array words{"ok", "warning", "failed"};
    DoctorReport report;
    for (const Json& check : result.at("checks")) {
        report.checks.push_back({check.at("id"), check.at("title"),
                                 enum_value<CheckStatus>(words, check.at("status")),
                                 check.at("detail"), check.value("advice", "")});
    }
    return report;
}

CaptureStarted read_started(const Json& result) {
    CaptureStarted started;
    started.process = read_process_info(result.at("process"));
    started.started_unix_ms = result.at("startedUnixMs");
    for (const Json& probe : result.at("probes")) {
        started.probes.push_back({probe.at("function"), probe.at("module"), probe.at("offset"),
                                  probe.at("emulated"), probe.at("reason")});
    }
    started.uprobe_multi = result.at("attach") == "uprobeMulti";
    started.mappings_traced = result.at("mappings").at("traced");
    started.mappings_reason = result.at("mappings").value("reason", "");
    const Json& limits = result.at("limits");
    started.limits = {limits.at("blocks"), limits.at("stacks"), limits.at("counters"),
                      limits.at("unwindRows")};
    return started;
}

Error read_error(const Json& error) {
    Error read;
    read.message = error.at("message");
    if (error.contains("data")) {
        read.kind = read_kind(error.at("data").at("kind"));
        read.advice = error.at("data").at("advice");
    }
    return read;
}

std::vector<ModuleReport> read_modules(const Json& params) {
    static constexpr std::array words{"pending", "dwarf", "symtab", "none"};
    std::vector<ModuleReport> modules;
    for (const Json& object : params.at("modules")) {
        ModuleReport module;
        module.module = object.at("module");
        module.path = object.at("path");
        module.build_id = object.at("buildId");
        module.unwind_rows = object.at("unwindRows");
        module.symbols.source = enum_value<SymbolSource>(words, object.at("symbols"));
        module.symbols.debug_file = object.value("debugFile", "");
        module.problem = object.value("problem", "");
        modules.push_back(std::move(module));
    }
    return modules;
}

StacksReport read_stacks(const Json& params) {
    static constexpr std::array kinds{"heap", "mapping", "free"};
    static constexpr std::array ends{"complete", "truncated", "guessed"};
    StacksReport stacks;
    for (const Json& location : params.at("locations")) {
        const auto address = location.at(1).get<std::string>();
        stacks.locations.push_back({location.at(0), std::strtoull(address.c_str(), nullptr, 16),
                                    location.at(2), location.at(3)});
    }
    for (const Json& object : params.at("stacks")) {
        stacks.stacks.push_back({object.at("stack"),
                                 enum_value<StackKind>(kinds, object.at("kind")),
                                 enum_value<StackEnd>(ends, object.at("end")),
                                 object.at("locations").get<std::vector<std::uint32_t>>()});
    }
    return stacks;
}

std::vector<SymbolReport> read_symbols(const Json& params) {
    std::vector<SymbolReport> symbols;
    for (const Json& object : params.at("symbols")) {
        SymbolReport symbol;
        symbol.location = object.at("location");
        for (const Json& frame : object.at("frames"))
            symbol.frames.push_back(read_frame(frame));
        symbols.push_back(std::move(symbol));
    }
    return symbols;
}

SampleReport read_sample(const Json& params) {
    SampleReport sample;
    sample.sequence = params.at("sequence");
    sample.time_ns = params.at("timeNs");
    sample.unix_ms = params.at("unixMs");
    sample.cohort = params.at("cohort").at("index");
    sample.cohort_start_ns = params.at("cohort").at("startNs");
    for (const Json& counter : params.at("counters")) {
        sample.counters.push_back({counter.at(0), counter.at(1), counter.at(2), counter.at(3),
                                   counter.at(4), counter.at(5)});
    }
    for (const Json& site : params.at("freeSites")) {
        sample.free_sites.push_back({site.at(0), site.at(1), site.at(2)});
    }
    const Json& totals = params.at("totals");
    sample.totals = {totals.at("allocations"),  totals.at("allocatedBytes"),
                     totals.at("frees"),        totals.at("freedBytes"),
                     totals.at("unknownFrees"), totals.at("failedAllocations")};
    const Json& process = params.at("process");
    sample.process = {process.at("rssBytes"),  process.at("anonymousBytes"),
                      process.at("swapBytes"), process.at("virtualBytes"),
                      process.at("threads"),   process.at("cpuNs")};
    const Json& cost = params.at("cost");
    sample.cost = {cost.at("hits"), cost.at("targetNs"), cost.at("agentNs"), cost.at("coreShare"),
                   cost.at("targetShare")};
    sample.losses = read_losses(params.at("losses"));
    return sample;
}

EndReason read_end_reason(const Json& params) {
    static constexpr std::array words{"stopped", "exited", "exec", "failed"};
    return enum_value<EndReason>(words, params.at("reason"));
}

}  // namespace leaklens::tests
