// Answers as JSON text, member for member as protocol/agent.ts declares them.
#include <algorithm>
#include <array>

#include "agent/wire/json_text.h"
#include "agent/wire/wire.h"

namespace leaklens {
namespace {

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
std::string answer(const RequestId& id, const char* member, const OrderedJson& value) {
    return R"({"jsonrpc":"2.0","id":)" + id + ",\"" + member + "\":" + json_text(value) + "}";
}

OrderedJson error_object(RpcCode code, const std::string& message) {
    return OrderedJson{{"code", static_cast<int>(code)}, {"message", message}};
}

const char* family_name(const std::string& family) {
    static constexpr std::array known{"glibc", "musl", "jemalloc", "tcmalloc", "mimalloc"};
    const auto* const found = std::find(known.begin(), known.end(), family);
    return found == known.end() ? "other" : *found;
}

OrderedJson process_object(const ProcessInfo& process) {
    OrderedJson allocators = OrderedJson::array();
    for (const AllocatorFound& found : process.allocators) {
        allocators.push_back({{"family", family_name(found.family)}, {"module", found.module}});
    }
    OrderedJson object{{"pid", process.pid},
                       {"parentPid", process.parent_pid},
                       {"name", process.name},
                       {"command", process.command},
                       {"executable", process.executable},
                       {"uid", process.uid},
                       {"user", process.user},
                       {"rssBytes", json_count(process.rss_bytes)},
                       {"threads", process.threads},
                       {"startedUnixMs", json_finite(process.started_unix_ms)},
                       {"allocators", std::move(allocators)}};
    if (process.obstacle) {
        const char* kind = kind_name(process.obstacle->kind);
        object["obstacle"] = {{"kind", kind == nullptr ? "unsupported" : kind},
                              {"message", process.obstacle->message}};
    }
    return object;
}

OrderedJson doctor_object(const DoctorReport& report) {
    static constexpr std::array status{"ok", "warning", "failed"};
    OrderedJson checks = OrderedJson::array();
    for (const DoctorCheck& check : report.checks) {
        OrderedJson object{{"id", check.id},
                           {"title", check.title},
                           {"status", status.at(static_cast<std::size_t>(check.status))},
                           {"detail", check.detail}};
        if (!check.advice.empty()) object["advice"] = check.advice;
        checks.push_back(std::move(object));
    }
    return OrderedJson{{"checks", std::move(checks)}, {"usable", report.usable()}};
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
                     {"memoryBytes", json_count(host.memory_bytes)}}},
                   {"features",
                    {{"uprobeMulti", result.features.uprobe_multi},
                     {"bpfLoop", result.features.bpf_loop},
                     {"mappings", result.features.mappings}}}});
}

std::string encode_result(const RequestId& id, const std::vector<ProcessInfo>& processes) {
    OrderedJson list = OrderedJson::array();
    for (const ProcessInfo& process : processes)
        list.push_back(process_object(process));
    return answer(id, "result", {{"processes", std::move(list)}});
}

std::string encode_result(const RequestId& id, const DoctorReport& report) {
    return answer(id, "result", doctor_object(report));
}

std::string encode_result(const RequestId& id, std::uint32_t capture_id,
                          const CaptureStarted& started) {
    OrderedJson probes = OrderedJson::array();
    for (const ProbeReport& probe : started.probes) {
        probes.push_back({{"function", probe.function},
                          {"module", probe.module},
                          {"offset", probe.offset},
                          {"emulated", probe.emulated},
                          {"reason", probe.reason}});
    }
    OrderedJson mappings{{"traced", started.mappings_traced}};
    if (!started.mappings_reason.empty()) mappings["reason"] = started.mappings_reason;
    return answer(id, "result",
                  {{"captureId", capture_id},
                   {"process", process_object(started.process)},
                   {"startedUnixMs", json_finite(started.started_unix_ms)},
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
    OrderedJson object = error_object(RpcCode::capture_impossible, error.message);
    object["data"] = {{"kind", kind}, {"advice", error.advice}};
    return answer(id, "error", object);
}

std::string doctor_report_json(const DoctorReport& report) {
    return doctor_object(report).dump(2, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace leaklens
