// Reads the agent's own messages back into the agent's types, for tests: what the encoders write,
// this reads, so a sample conversation can drive a session and be compared with what it sends.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/capture.h"
#include "agent/wire/wire.h"

namespace leaklens::tests {

using Json = nlohmann::json;

// All of these throw nlohmann's exceptions where a member is missing or of a wrong type.
InitializeResult read_initialize_result(const Json& result);
std::vector<ProcessInfo> read_processes(const Json& result);
DoctorReport read_doctor_report(const Json& result);
CaptureStarted read_started(const Json& result);
// From `error` of an answer: its kind, message and advice.
Error read_error(const Json& error);

std::vector<ModuleReport> read_modules(const Json& params);
StacksReport read_stacks(const Json& params);
std::vector<SymbolReport> read_symbols(const Json& params);
SampleReport read_sample(const Json& params);
EndReason read_end_reason(const Json& params);

}  // namespace leaklens::tests
