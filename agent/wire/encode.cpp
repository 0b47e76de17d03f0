// Answers and notifications as JSON text, member for member as protocol/agent.ts declares them.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "agent/wire/wire.h"

namespace leaklens {
namespace {

// Members keep the order of protocol/agent.ts, for people who read the wire.
using json = nlohmann::ordered_json;

std::string text_of(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::uint64_t count(std::uint64_t value) {
    constexpr std::uint64_t largest_exact = (std::uint64_t{1} << 53) - 1;
    return std::min(value, largest_exact);
}

// JSON has no infinities; a share or a time that is none is sent as 0.
double finite(double value) {
    return std::isfinite(value) ? value : 0;
}

std::string hexadecimal(std::uint64_t value) {
    std::array<char, 19> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
    return {text.data(), static_cast<std::size_t>(length)};
}

// The name of a kind in errorKind; null for kinds that never cross the wire.
const char* kind_name(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::no_such_process:
            return "noSuchProcess";
        case ErrorKind::kernel_thread:
            return "kernelThread";
        case ErrorKind::process_exited:
            return "processExited";
        case ErrorKind::not_permitted:
            return "notPermitted";
        case ErrorKind::no_allocator:
            return "noAllocator";
        case ErrorKind::unsupported:
            return "unsupported";
        case ErrorKind::seccomp_would_kill:
            return "seccompWouldKill";
        case ErrorKind::already_captured:
            return "alreadyCaptured";
        case ErrorKind::too_many_captures:
            return "tooManyCaptures";
        case ErrorKind::no_such_capture:
            return "noSuchCapture";
        case ErrorKind::internal:
        case ErrorKind::malformed_file:
            break;
    }
    return nullptr;
}

// The id is JSON text already.
std::string answer(const RequestId& id, const char* member, const json& value) {
    return R"({"jsonrpc":"2.0","id":)" + id + ",\"" + member + "\":" + text_of(value) + "}";
}

std::string notification(const char* method, const json& params) {
    return std::string(R"({"jsonrpc":"2.0","method":")") + method + R"(","params":)" +
           text_of(params) + "}";
}

json error_object(RpcCode code, const std::string& message) {
    return json{{"code", static_cast<int>(code)}, {"message", message}};
}

const char* family_name(const std::string& family) {
    static constexpr std::array known{"glibc", "musl", "jemalloc", "tcmalloc", "mimalloc"};
    const auto* const found = std::find(known.begin(), known.end(), family);
    return found == known.end() ? "other" : *found;
}

json process_object(const ProcessInfo& process) {
    json allocators = json::array();
    for (const AllocatorFound& found : process.allocators) {
        allocators.push_back({{"family", family_name(found.family)}, {"module", found.module}});
    }
    json object{{"pid", process.pid},
                {"parentPid", process.parent_pid},
                {"name", process.name},
                {"command", process.command},
                {"executable", process.executable},
                {"uid", process.uid},
                {"user", process.user},
                {"rssBytes", count(process.rss_bytes)},
                {"threads", process.threads},
                {"startedUnixMs", finite(process.started_unix_ms)},
                {"allocators", std::move(allocators)}};
    if (process.obstacle) {
        const char* kind = kind_name(process.obstacle->kind);
        object["obstacle"] = {{"kind", kind == nullptr ? "unsupported" : kind},
                              {"message", process.obstacle->message}};
    }
    return object;
}

json doctor_object(const DoctorReport& report) {
    static constexpr std::array status{"ok", "warning", "failed"};
    json checks = json::array();
    for (const DoctorCheck& check : report.checks) {
        json object{{"id", check.id},
                    {"title", check.title},
                    {"status", status.at(static_cast<std::size_t>(check.status))},
                    {"detail", check.detail}};
        if (!check.advice.empty()) object["advice"] = check.advice;
        checks.push_back(std::move(object));
    }
    return json{{"checks", std::move(checks)}, {"usable", report.usable()}};
}

json module_object(const ModuleReport& module) {
    static constexpr std::array sources{"pending", "dwarf", "symtab", "none"};
    json object{{"module", module.module},
                {"path", module.path},
                {"buildId", module.build_id},
                {"unwindRows", module.unwind_rows},
                {"symbols", sources.at(static_cast<std::size_t>(module.symbols.source))}};
    if (!module.symbols.debug_file.empty()) object["debugFile"] = module.symbols.debug_file;
    std::string problem = module.problem;
    if (!module.symbols.problem.empty()) {
        if (!problem.empty()) problem += "; ";
        problem += module.symbols.problem;
    }
    if (!problem.empty()) object["problem"] = problem;
    return object;
}

json frame_object(const SymbolFrame& frame) {
    json object{{"function", frame.function}};
    if (!frame.file.empty()) object["file"] = frame.file;
    if (frame.line != 0) object["line"] = frame.line;
    if (frame.column != 0) object["column"] = frame.column;
    object["inlined"] = frame.inlined;
    return object;
}

json memory_object(const ProcessMemory& memory) {
    return json{{"rssBytes", count(memory.rss_bytes)},
                {"anonymousBytes", count(memory.anonymous_bytes)},
                {"swapBytes", count(memory.swap_bytes)},
                {"virtualBytes", count(memory.virtual_bytes)},
                {"threads", memory.threads},
                {"cpuNs", count(memory.cpu_ns)}};
}

json totals_object(const TotalsReport& totals) {
    return json{{"allocations", count(totals.allocations)},
                {"allocatedBytes", count(totals.allocated_bytes)},
                {"frees", count(totals.frees)},
                {"freedBytes", count(totals.freed_bytes)},
                {"unknownFrees", count(totals.unknown_frees)},
                {"failedAllocations", count(totals.failed_allocations)}};
}

json cost_object(const CostReport& cost) {
    return json{{"hits", count(cost.hits)},
                {"targetNs", count(cost.target_ns)},
                {"agentNs", count(cost.agent_ns)},
                {"coreShare", std::max(0.0, finite(cost.core_share))},
                {"targetShare", std::max(0.0, finite(cost.target_share))}};
}

json losses_object(const LossesReport& losses) {
    return json{{"blocksFull", count(losses.blocks_full)},
                {"stacksFull", count(losses.stacks_full)},
                {"countersFull", count(losses.counters_full)},
                {"threadsFull", count(losses.threads_full)},
                {"ringFull", count(losses.ring_full)},
                {"unwindRowsFull", count(losses.unwind_rows_full)},
                {"stacksTruncated", count(losses.stacks_truncated)},
                {"stacksGuessed", count(losses.stacks_guessed)},
                {"returnsMissed", count(losses.returns_missed)},
                {"freesMissed", count(losses.frees_missed)},
                {"freeSitesFull", count(losses.free_sites_full)},
                {"probesMissed", count(losses.probes_missed)}};
}

}  // namespace

std::string encode_null_result(const RequestId& id) {
    return answer(id, "result", nullptr);
}

std::string encode_result(const RequestId& id, const InitializeResult& result) {
    const HostFacts& host = result.host;
    return answer(id, "result",
                  {{"protocolVersion", protocol_version},
                   {"agent", {{"version", result.agent_version}, {"pid", result.agent_pid}}},
                   {"host",
                    {{"hostname", host.hostname},
                     {"kernel", host.kernel},
                     {"architecture", host.architecture},
                     {"bootId", host.boot_id},
                     {"cpus", host.cpus},
                     {"memoryBytes", count(host.memory_bytes)}}},
                   {"features",
                    {{"uprobeMulti", result.features.uprobe_multi},
                     {"bpfLoop", result.features.bpf_loop},
                     {"mappings", result.features.mappings}}}});
}

std::string encode_result(const RequestId& id, const std::vector<ProcessInfo>& processes) {
    json list = json::array();
    for (const ProcessInfo& process : processes)
        list.push_back(process_object(process));
    return answer(id, "result", {{"processes", std::move(list)}});
}

std::string encode_result(const RequestId& id, const DoctorReport& report) {
    return answer(id, "result", doctor_object(report));
}

std::string encode_result(const RequestId& id, std::uint32_t capture_id,
                          const CaptureStarted& started) {
    json probes = json::array();
    for (const ProbeReport& probe : started.probes) {
        probes.push_back({{"function", probe.function},
                          {"module", probe.module},
                          {"offset", probe.offset},
                          {"emulated", probe.emulated},
                          {"reason", probe.reason}});
    }
    json mappings{{"traced", started.mappings_traced}};
    if (!started.mappings_reason.empty()) mappings["reason"] = started.mappings_reason;
    return answer(id, "result",
                  {{"captureId", capture_id},
                   {"process", process_object(started.process)},
                   {"startedUnixMs", finite(started.started_unix_ms)},
                   {"probes", std::move(probes)},
                   {"attach", started.uprobe_multi ? "uprobeMulti" : "perfEvent"},
                   {"mappings", std::move(mappings)},
                   {"limits",
                    {{"blocks", started.limits.blocks},
                     {"stacks", started.limits.stacks},
                     {"counters", started.limits.counters},
                     {"unwindRows", started.limits.unwind_rows}}}});
}

std::string encode_error(const RequestId& id, const RpcError& error) {
    return answer(id, "error", error_object(error.code, error.message));
}

std::string encode_error(const RequestId& id, const Error& error) {
    const char* kind = kind_name(error.kind);
    if (kind == nullptr) {
        return encode_error(id, RpcError{RpcCode::internal_error, error.message});
    }
    json object = error_object(RpcCode::capture_impossible, error.message);
    object["data"] = {{"kind", kind}, {"advice", error.advice}};
    return answer(id, "error", object);
}

std::string encode_modules(std::uint32_t capture_id, const std::vector<ModuleReport>& modules) {
    json list = json::array();
    for (const ModuleReport& module : modules)
        list.push_back(module_object(module));
    return notification("capture/modules",
                        {{"captureId", capture_id}, {"modules", std::move(list)}});
}

std::string encode_stacks(std::uint32_t capture_id, const StacksReport& stacks) {
    static constexpr std::array kinds{"heap", "mapping", "free"};
    static constexpr std::array ends{"complete", "truncated", "guessed"};
    json locations = json::array();
    for (const LocationReport& location : stacks.locations) {
        locations.push_back(json::array({location.location, hexadecimal(location.address),
                                         std::max(location.module, -1), count(location.offset)}));
    }
    json list = json::array();
    for (const StackReport& stack : stacks.stacks) {
        list.push_back({{"stack", stack.stack},
                        {"kind", kinds.at(static_cast<std::size_t>(stack.kind))},
                        {"end", ends.at(static_cast<std::size_t>(stack.end))},
                        {"locations", stack.locations}});
    }
    return notification("capture/stacks", {{"captureId", capture_id},
                                           {"locations", std::move(locations)},
                                           {"stacks", std::move(list)}});
}

std::string encode_symbols(std::uint32_t capture_id, const std::vector<SymbolReport>& symbols) {
    json list = json::array();
    for (const SymbolReport& symbol : symbols) {
        json frames = json::array();
        for (const SymbolFrame& frame : symbol.frames)
            frames.push_back(frame_object(frame));
        list.push_back({{"location", symbol.location}, {"frames", std::move(frames)}});
    }
    return notification("capture/symbols",
                        {{"captureId", capture_id}, {"symbols", std::move(list)}});
}

std::string encode_sample(std::uint32_t capture_id, const SampleReport& sample) {
    json free_sites = json::array();
    for (const FreeSiteReport& site : sample.free_sites)
        free_sites.push_back(json::array({site.stack, site.free_stack, count(site.frees)}));
    json counters = json::array();
    for (const CounterReport& counter : sample.counters) {
        counters.push_back(json::array({counter.stack, counter.cohort, count(counter.allocations),
                                        count(counter.allocated_bytes), count(counter.frees),
                                        count(counter.freed_bytes)}));
    }
    return notification(
        "capture/sample",
        {{"captureId", capture_id},
         {"sequence", sample.sequence},
         {"timeNs", count(sample.time_ns)},
         {"unixMs", finite(sample.unix_ms)},
         {"cohort", {{"index", sample.cohort}, {"startNs", count(sample.cohort_start_ns)}}},
         {"counters", std::move(counters)},
         {"freeSites", std::move(free_sites)},
         {"totals", totals_object(sample.totals)},
         {"process", memory_object(sample.process)},
         {"cost", cost_object(sample.cost)},
         {"losses", losses_object(sample.losses)}});
}

std::string encode_ended(std::uint32_t capture_id, EndReason reason, const std::string& detail) {
    static constexpr std::array reasons{"stopped", "exited", "exec", "failed"};
    return notification("capture/ended", {{"captureId", capture_id},
                                          {"reason", reasons.at(static_cast<std::size_t>(reason))},
                                          {"detail", detail}});
}

std::string encode_log(const std::string& level, const std::string& message) {
    static constexpr std::array levels{"debug", "info", "warning", "error"};
    const bool known = std::find(levels.begin(), levels.end(), level) != levels.end();
    return notification("log", {{"level", known ? level : "info"}, {"message", message}});
}

std::string doctor_report_json(const DoctorReport& report) {
    return doctor_object(report).dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace leaklens
