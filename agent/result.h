// Results that must be looked at. An Error says what happened, and, where the user can act on it,
// what to do next.
#pragma once

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace leaklens {

// The kinds that cross the wire as `data.kind` (protocol/agent.ts, errorKind). Everything that a
// user cannot act on is `internal`.
enum class ErrorKind {
    internal,
    no_such_process,
    kernel_thread,
    process_exited,
    not_permitted,
    no_allocator,
    unsupported,
    seccomp_would_kill,
    already_captured,
    too_many_captures,
    no_such_capture,
    malformed_file,  // never crosses the wire: the module simply has no rows or symbols
};

struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string message;
    std::string advice;  // empty where there is nothing to do

    // An error from errno, read by the caller at once: "what: strerror(code)".
    static Error from_errno(std::string_view what, int code = errno) {
        return Error{ErrorKind::internal, std::string(what) + ": " + std::strerror(code), {}};
    }
};

template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }

    [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

  private:
    std::variant<T, Error> state_;
};

// A result without a value.
class [[nodiscard]] Status {
  public:
    Status() = default;
    Status(Error error) : error_(std::move(error)) {}

    [[nodiscard]] bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    [[nodiscard]] const Error& error() const { return *error_; }

  private:
    std::optional<Error> error_;
};

}  // namespace leaklens
