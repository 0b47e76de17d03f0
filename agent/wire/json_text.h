// How the agent's values become JSON: shared by the encoders of this folder.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace leaklens {

// Members keep the order of protocol/agent.ts, for people who read the wire.
using OrderedJson = nlohmann::ordered_json;

// Compact text; bytes that are not UTF-8 become U+FFFD.
std::string json_text(const OrderedJson& value);

// A counter, at most 2^53 - 1: larger ones could not be told apart by the client.
std::uint64_t json_count(std::uint64_t value);

// A number; 0 for what is none, because JSON has no infinities.
double json_finite(double value);

}  // namespace leaklens
