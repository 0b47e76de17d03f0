// Messages on their way to the client: framed, queued, and written whenever the client takes them.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "agent/event_loop.h"
#include "agent/result.h"

namespace leaklens {

// More than this many bytes waiting means that nobody reads any more.
inline constexpr std::size_t max_queued_bytes = std::size_t{64} << 20;

// Writes never block, so that a client that stalls costs memory for a while and never a sample.
class OutputQueue {
  public:
    // Takes over how `fd` blocks until destruction; the descriptor stays the caller's. `on_lost`
    // is called once, when the client is gone (EPIPE) or has stopped reading, with the reason.
    static Result<std::unique_ptr<OutputQueue>> create(
        EventLoop& loop, int fd, std::function<void(const std::string& reason)> on_lost,
        std::size_t limit = max_queued_bytes);
    ~OutputQueue();
    OutputQueue(const OutputQueue&) = delete;
    OutputQueue& operator=(const OutputQueue&) = delete;

    // Sends one message body. Nothing happens once the client is lost.
    void send(std::string_view body);
    [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
    // Tries to write what is queued for at most `timeout_ms`: the last words before the end.
    void flush(int timeout_ms);

  private:
    OutputQueue(int fd, int flags, std::function<void(const std::string&)> on_lost,
                std::size_t limit);
    void write_some();
    void lose(const std::string& reason);

    int fd_;
    int original_flags_;
    std::function<void(const std::string&)> on_lost_;
    std::size_t limit_;
    std::deque<std::string> messages_;
    std::size_t written_of_first_ = 0;
    std::size_t queued_bytes_ = 0;
    bool lost_ = false;
    EventLoop::Watch watch_;
};

}  // namespace leaklens
