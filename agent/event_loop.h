// One thread, one epoll: descriptors and timers, each owned by what registered it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/fd.h"
#include "agent/result.h"

namespace leaklens {

class EventLoop {
  public:
    using Handler = std::function<void(std::uint32_t epoll_events)>;

    // A registration; destruction (also from inside its own handler) ends it.
    class Watch {
      public:
        Watch() = default;
        Watch(EventLoop& loop, std::uint64_t id) : loop_(&loop), id_(id) {}
        ~Watch() { reset(); }
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;
        Watch(Watch&& other) noexcept
            : loop_(std::exchange(other.loop_, nullptr)), id_(other.id_) {}
        Watch& operator=(Watch&& other) noexcept {
            if (this != &other) {
                reset();
                loop_ = std::exchange(other.loop_, nullptr);
                id_ = other.id_;
            }
            return *this;
        }
        void reset() {
            if (loop_ != nullptr) std::exchange(loop_, nullptr)->forget(id_);
        }
        explicit operator bool() const { return loop_ != nullptr; }

      private:
        EventLoop* loop_ = nullptr;
        std::uint64_t id_ = 0;
    };

    static Result<std::unique_ptr<EventLoop>> create();

    // Calls `handler` whenever `fd` (owned by the caller) has one of the epoll events.
    [[nodiscard]] Result<Watch> watch(int fd, std::uint32_t events, Handler handler);
    // Calls `handler` every `interval_ms`, first after one interval (timerfd, CLOCK_MONOTONIC).
    [[nodiscard]] Result<Watch> every(std::uint32_t interval_ms, std::function<void()> handler);
    // Calls `handler` once, on the loop's next turn.
    void defer(std::function<void()> handler);

    // Runs until stop(). Returns the code given to it.
    int run();
    void stop(int code);

  private:
    friend class Watch;
    void forget(std::uint64_t id);

    struct Entry;
    EventLoop() = default;
    Fd epoll_;
    std::uint64_t next_id_ = 1;
    std::unordered_map<std::uint64_t, std::shared_ptr<Entry>> entries_;
    std::vector<std::function<void()>> deferred_;
    bool stopping_ = false;
    int code_ = 0;
};

}  // namespace leaklens
