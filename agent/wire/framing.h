// Content-Length framing, as the Language Server Protocol's base protocol defines it
// (https://microsoft.github.io/language-server-protocol/, "Base Protocol"): header lines ended by
// CR LF, an empty line, then the body's bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "agent/result.h"

namespace leaklens {

// Longest header block, its empty line included.
inline constexpr std::size_t max_header_bytes = 4096;
// Longest body that the agent reads; a client's longest honest message is a few hundred bytes.
inline constexpr std::size_t max_inbound_body_bytes = std::size_t{1} << 20;

// Cuts a byte stream into message bodies. A stream whose framing is wrong once cannot be trusted
// again, because nobody knows where its next message starts: the error is final.
class FrameReader {
  public:
    explicit FrameReader(std::size_t max_body_bytes = max_inbound_body_bytes)
        : max_body_bytes_(max_body_bytes) {}

    // Takes bytes as they arrive, in pieces of any size.
    void append(std::string_view bytes);
    // The next whole body; nothing where more bytes are needed. Errors: the framing is wrong. Call
    // it until it gives nothing, after each append().
    Result<std::optional<std::string>> next();
    // True between messages: an end of the stream here cuts nothing off.
    [[nodiscard]] bool between_messages() const;

  private:
    [[nodiscard]] Result<std::optional<std::string>> fail(std::string message);
    [[nodiscard]] std::size_t available() const { return buffer_.size() - consumed_; }

    std::size_t max_body_bytes_;
    std::string buffer_;
    std::size_t consumed_ = 0;             // bytes of buffer_ that were given out already
    std::size_t searched_ = 0;             // bytes after consumed_ without a header block's end
    std::optional<std::size_t> expected_;  // the body's length, once its header was read
    std::optional<Error> failure_;
};

// The bytes that carry one body.
std::string frame_message(std::string_view body);

}  // namespace leaklens
