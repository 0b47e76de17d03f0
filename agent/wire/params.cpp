// Checked reading of params.
#include "agent/wire/params.h"

#include <cmath>
#include <limits>

namespace leaklens {
namespace {

using nlohmann::json;

// Integers may be written as 1, 1.0 or 1e0: JSON does not tell them apart.
std::optional<std::int64_t> as_integer(const json& value) {
    constexpr double exact = 9007199254740992.0;  // 2^53
    if (const auto* number = value.get_ptr<const json::number_unsigned_t*>()) {
        if (*number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            return std::nullopt;
        }
        return static_cast<std::int64_t>(*number);
    }
    if (const auto* number = value.get_ptr<const json::number_integer_t*>()) return *number;
    if (const auto* number = value.get_ptr<const json::number_float_t*>()) {
        if (std::fabs(*number) > exact || std::trunc(*number) != *number) return std::nullopt;
        return static_cast<std::int64_t>(*number);
    }
    return std::nullopt;
}

}  // namespace

const json* json_member(const json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

std::optional<std::int64_t> Params::checked_integer(const char* name, IntegerRange range,
                                                    bool required) {
    const json* value = json_member(object_, name);
    if (value == nullptr) {
        if (required) complain(name, "is missing");
        return std::nullopt;
    }
    const auto number = as_integer(*value);
    if (!number || *number < range.least || *number > range.most) {
        complain(name, "must be an integer from " + std::to_string(range.least) + " to " +
                           std::to_string(range.most));
        return std::nullopt;
    }
    return number;
}

void Params::string(const char* name, std::string& target) {
    const json* value = json_member(object_, name);
    const auto* text = value == nullptr ? nullptr : value->get_ptr<const json::string_t*>();
    if (text == nullptr) {
        complain(name, value == nullptr ? "is missing" : "must be a string");
        return;
    }
    target = *text;
}

const json* Params::object(const char* name, bool required) {
    const json* value = json_member(object_, name);
    if (value == nullptr) {
        if (required) complain(name, "is missing");
        return nullptr;
    }
    if (!value->is_object()) {
        complain(name, "must be an object");
        return nullptr;
    }
    return value;
}

void Params::take_problem_of(const Params& inner) {
    if (problem_.empty()) problem_ = inner.problem_;
}

void Params::complain(const char* name, const std::string& what) {
    if (problem_.empty()) problem_ = std::string(name) + " " + what;
}

}  // namespace leaklens
