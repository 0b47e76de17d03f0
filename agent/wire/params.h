// Reading the members of a request's params, which come from outside: nothing is taken before its
// type and its range were looked at.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace leaklens {

// A member of a JSON object; null where it is absent.
const nlohmann::json* json_member(const nlohmann::json& object, const char* name);

// Least and most that an integer may be.
struct IntegerRange {
    std::int64_t least;
    std::int64_t most;
};

// Reads members into the caller's variables, and remembers the first thing that is wrong with one.
class Params {
  public:
    // `object` is a JSON object, and outlives the reader.
    explicit Params(const nlohmann::json& object) : object_(object) {}

    // Leaves `target` as it is where the member is absent and not `required`.
    template <typename T>
    void integer(const char* name, IntegerRange range, bool required, T& target) {
        if (const auto number = checked_integer(name, range, required)) {
            target = static_cast<T>(*number);
        }
    }
    void string(const char* name, std::string& target);
    // An object among the members; null where it is absent, or no object.
    const nlohmann::json* object(const char* name, bool required);

    void take_problem_of(const Params& inner);
    // "NAME must be ...", for a person; empty where all is well.
    [[nodiscard]] const std::string& problem() const { return problem_; }

  private:
    std::optional<std::int64_t> checked_integer(const char* name, IntegerRange range,
                                                bool required);
    void complain(const char* name, const std::string& what);

    const nlohmann::json& object_;
    std::string problem_;
};

}  // namespace leaklens
