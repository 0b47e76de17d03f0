// Requests from JSON text. The text comes from outside, so every step is checked and nothing here
// throws: parsing is told not to, and values are read only after their type was looked at.
#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "agent/wire/params.h"
#include "agent/wire/wire.h"

namespace leaklens {
namespace {

using nlohmann::json;

// The deepest message of the protocol has four levels. The limit keeps a hostile message from
// exhausting the stack of anything that walks it.
constexpr int max_depth = 16;
constexpr std::size_t max_id_bytes = 256;

bool nested_too_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > max_depth) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

using Decoded = std::variant<Call, RpcError>;

constexpr IntegerRange any_pid{0, std::numeric_limits<pid_t>::max()};
constexpr IntegerRange any_int53{-9007199254740991, 9007199254740991};

Decoded finish(const Params& params, Call call) {
    if (!params.problem().empty()) return RpcError{RpcCode::invalid_params, params.problem()};
    return call;
}

Decoded decode_initialize(const json& object) {
    Params params(object);
    InitializeCall call;
    params.integer("protocolVersion", any_int53, true, call.version);
    if (const json* client = params.object("client", true)) {
        Params inner(*client);
        inner.string("name", call.client_name);
        inner.string("version", call.client_version);
        params.take_problem_of(inner);
    }
    return finish(params, std::move(call));
}

Decoded decode_shutdown(const json& /*object*/) {
    return ShutdownCall{};
}

Decoded decode_process_list(const json& /*object*/) {
    return ProcessListCall{};
}

Decoded decode_doctor(const json& object) {
    Params params(object);
    pid_t pid = -1;
    params.integer("pid", any_pid, false, pid);
    DoctorCall call;
    if (pid >= 0) call.pid = pid;
    return finish(params, call);
}

Decoded decode_capture_start(const json& object) {
    Params params(object);
    CaptureStartCall call;
    params.integer("pid", any_pid, true, call.pid);
    params.integer("intervalMs", {100, 60'000}, true, call.interval_ms);
    if (const json* limits = params.object("limits", false)) {
        Params inner(*limits);
        inner.integer("blocks", {16, 16'777'216}, false, call.limits.blocks);
        inner.integer("stacks", {16, 262'144}, false, call.limits.stacks);
        inner.integer("counters", {16, 1'048'576}, false, call.limits.counters);
        inner.integer("unwindRows", {16, 16'777'216}, false, call.limits.unwind_rows);
        params.take_problem_of(inner);
    }
    return finish(params, call);
}

Decoded decode_capture_stop(const json& object) {
    Params params(object);
    CaptureStopCall call;
    params.integer("captureId", {0, any_int53.most}, true, call.capture_id);
    return finish(params, call);
}

struct Method {
    std::string_view name;
    Decoded (*decode)(const json& params);
};
constexpr std::array methods{
    Method{"initialize", decode_initialize},       Method{"shutdown", decode_shutdown},
    Method{"process/list", decode_process_list},   Method{"doctor", decode_doctor},
    Method{"capture/start", decode_capture_start}, Method{"capture/stop", decode_capture_stop},
};

Decoded decode_call(const std::string& name, const json* params) {
    const auto* const method = std::find_if(methods.begin(), methods.end(),
                                            [&](const Method& m) { return m.name == name; });
    if (method == methods.end()) {
        return RpcError{RpcCode::method_not_found, "there is no method of this name"};
    }
    // Absent parameters, null and an empty list are how clients spell "none".
    static const json none = json::object();
    if (params == nullptr || params->is_null() || (params->is_array() && params->empty())) {
        params = &none;
    }
    if (!params->is_object()) {
        return RpcError{RpcCode::invalid_params, "params must be an object"};
    }
    return method->decode(*params);
}

Request refused(RequestId id, RpcCode code, std::string message) {
    return Request{std::move(id), {}, RpcError{code, std::move(message)}};
}

// A usable id as JSON text; nothing where it is absent or of a wrong type.
std::optional<RequestId> decode_id(const json& message) {
    const json* id = json_member(message, "id");
    if (id == nullptr || !(id->is_number() || id->is_string())) return std::nullopt;
    std::string text = id->dump(-1, ' ', true, json::error_handler_t::replace);
    if (text.size() > max_id_bytes) return std::nullopt;
    return text;
}

}  // namespace

std::optional<Request> decode_request(std::string_view body) {
    const RequestId nobody(no_request_id);
    if (nested_too_deep(body)) {
        return refused(nobody, RpcCode::parse_error, "the message is nested too deep");
    }
    // The library takes a zero byte for the end of the text.
    const bool cut = body.find('\0') != std::string_view::npos;
    const json message = json::parse(body, nullptr, false);
    if (cut || message.is_discarded()) {
        return refused(nobody, RpcCode::parse_error, "the message is not JSON in UTF-8");
    }
    if (message.is_array()) {
        return refused(nobody, RpcCode::invalid_request, "batches are not supported");
    }
    if (!message.is_object()) {
        return refused(nobody, RpcCode::invalid_request, "the message is not an object");
    }
    const std::optional<RequestId> id = decode_id(message);
    const json* version = json_member(message, "jsonrpc");
    if (version == nullptr || *version != "2.0") {
        return refused(id.value_or(nobody), RpcCode::invalid_request, "jsonrpc must be \"2.0\"");
    }
    const json* method = json_member(message, "method");
    if (method == nullptr && (message.contains("result") || message.contains("error"))) {
        return std::nullopt;
    }
    const auto* name = method == nullptr ? nullptr : method->get_ptr<const json::string_t*>();
    if (name == nullptr) {
        return refused(id.value_or(nobody), RpcCode::invalid_request, "method must be a string");
    }
    if (!id) {
        if (!message.contains("id")) return std::nullopt;
        return refused(nobody, RpcCode::invalid_request,
                       "id must be a number or a string of at most 256 bytes");
    }
    return Request{*id, *name, decode_call(*name, json_member(message, "params"))};
}

}  // namespace leaklens
