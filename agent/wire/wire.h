// The agent's side of protocol/agent.ts: every message between the agent and its client, as JSON
// text on one side and as the agent's own types on the other. The JSON library is known to this
// folder alone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/capture.h"
#include "agent/host/doctor.h"
#include "agent/host/host_facts.h"
#include "agent/process/process.h"
#include "agent/result.h"

namespace leaklens {

// PROTOCOL_VERSION of protocol/agent.ts; a test compares the two.
inline constexpr std::int64_t protocol_version = 1;

// Codes of JSON-RPC 2.0 and of protocol/agent.ts (ErrorCode).
enum class RpcCode : int {
    parse_error = -32700,
    invalid_request = -32600,
    method_not_found = -32601,
    invalid_params = -32602,
    internal_error = -32603,
    not_initialized = -32002,
    version_mismatch = -32100,
    capture_impossible = -32101,
};

struct RpcError {
    RpcCode code = RpcCode::internal_error;
    std::string message;
};

// A request's id as JSON text, a number or a quoted string, so that it is echoed as it came.
using RequestId = std::string;
inline constexpr std::string_view no_request_id = "null";

struct InitializeCall {
    std::int64_t version = 0;
    std::string client_name;
    std::string client_version;
};
struct ShutdownCall {};
struct ProcessListCall {};
struct DoctorCall {
    std::optional<pid_t> pid;
};
struct CaptureStartCall {
    pid_t pid = 0;
    std::uint32_t interval_ms = 0;
    CaptureLimits limits;
};
struct CaptureStopCall {
    std::uint64_t capture_id = 0;
};
using Call = std::variant<InitializeCall, ShutdownCall, ProcessListCall, DoctorCall,
                          CaptureStartCall, CaptureStopCall>;

// A request that wants an answer: a call, or what is wrong with it.
struct Request {
    RequestId id;
    std::string method;  // empty where the message names none
    std::variant<Call, RpcError> call;
};

// Decodes one message body. Nothing where no answer is due: notifications, and answers to requests
// that the agent never sent. Unknown members are ignored, as the client's decoders do; batches are
// refused.
std::optional<Request> decode_request(std::string_view body);

// What `initialize` says of the kernel (hostFeatures).
struct HostFeatures {
    bool uprobe_multi = false;
    bool bpf_loop = false;
    bool mappings = false;
};

struct InitializeResult {
    std::string agent_version;
    pid_t agent_pid = 0;
    HostFacts host;
    HostFeatures features;
};

// Answers, each a whole message body. Strings that are not UTF-8 are sent with U+FFFD in place of
// what is wrong; counts above 2^53 - 1, which JSON numbers cannot carry exactly, as 2^53 - 1.
std::string encode_null_result(const RequestId& id);
std::string encode_result(const RequestId& id, const InitializeResult& result);
std::string encode_result(const RequestId& id, const std::vector<ProcessInfo>& processes);
std::string encode_result(const RequestId& id, const DoctorReport& report);
std::string encode_result(const RequestId& id, std::uint32_t capture_id,
                          const CaptureStarted& started);
std::string encode_error(const RequestId& id, const RpcError& error);
// Kinds that a user can act on become captureImpossible with data; others an internal error.
std::string encode_error(const RequestId& id, const Error& error);

// Notifications, each a whole message body.
std::string encode_modules(std::uint32_t capture_id, const std::vector<ModuleReport>& modules);
std::string encode_stacks(std::uint32_t capture_id, const StacksReport& stacks);
std::string encode_symbols(std::uint32_t capture_id, const std::vector<SymbolReport>& symbols);
std::string encode_sample(std::uint32_t capture_id, const SampleReport& sample);
std::string encode_ended(std::uint32_t capture_id, EndReason reason, const std::string& detail);
// `level` is one of debug, info, warning, error; anything else is sent as info.
std::string encode_log(const std::string& level, const std::string& message);

// The doctor's report alone, indented: what `leaklens-agent doctor --json` prints.
std::string doctor_report_json(const DoctorReport& report);

}  // namespace leaklens
