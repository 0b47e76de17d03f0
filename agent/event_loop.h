// One thread, one epoll: descriptors and timers, each owned by what registered it. Handlers run one
// after another on the thread that called run(), and must not block.
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

    // A registration; destruction (also from inside its own handler) ends it. It must not outlive
    // the loop, and must end before its descriptor is closed.
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
        // Waits for other epoll events from now on (none: only errors and hang-up).
        void set_events(std::uint32_t events) {
            if (loop_ != nullptr) loop_->change(id_, events);
        }
        explicit operator bool() const { return loop_ != nullptr; }

      private:
        EventLoop* loop_ = nullptr;
        std::uint64_t id_ = 0;
    };

    static Result<std::unique_ptr<EventLoop>> create();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    // Calls `handler` whenever `fd` (owned by the caller) has one of the epoll events. Descriptors
    // that epoll refuses (plain files, /dev/null) are always ready, as for poll().
    [[nodiscard]] Result<Watch> watch(int fd, std::uint32_t events, Handler handler);
    // Calls `handler` every `interval_ms` (at least 1), first after one interval (timerfd,
    // CLOCK_MONOTONIC). Intervals that passed while another handler ran are made up by one call.
    [[nodiscard]] Result<Watch> every(std::uint32_t interval_ms, std::function<void()> handler);
    // Calls `handler` once, on the loop's next turn.
    void defer(std::function<void()> handler);

    // Runs until stop(), which may also come before. Returns the code given to it.
    int run();
    // Ends run() after the handler that is running; the first code counts.
    void stop(int code);

  private:
    friend class Watch;
    struct Entry;
    EventLoop();
    void forget(std::uint64_t id);
    void change(std::uint64_t id, std::uint32_t events);
    void dispatch(std::uint64_t id, std::uint32_t events);
    void run_deferred();
    // Returns whether there was any: then the loop must not sleep.
    bool run_always_ready();

    Fd epoll_;
    std::uint64_t next_id_ = 1;
    std::unordered_map<std::uint64_t, std::shared_ptr<Entry>> entries_;
    std::vector<std::uint64_t> always_ready_;
    std::vector<std::function<void()>> deferred_;
    bool stopping_ = false;
    int code_ = 0;
};

}  // namespace leaklens
