// The event loop: epoll for descriptors, timerfd for intervals, a list for what runs next.
#include "agent/event_loop.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace leaklens {

struct EventLoop::Entry {
    int fd = -1;
    std::uint32_t events = 0;
    Handler handler;
    Fd timer;  // owned only by entries of every()
    bool polled = true;
};

EventLoop::EventLoop() = default;

EventLoop::~EventLoop() {
    // What handlers own may end registrations of its own while it is destroyed: they must find the
    // tables empty, not half destroyed.
    const auto deferred = std::move(deferred_);
    const auto entries = std::move(entries_);
    deferred_.clear();
    entries_.clear();
}

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
    std::unique_ptr<EventLoop> loop(new EventLoop());
    loop->epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
    if (!loop->epoll_) return Error::from_errno("epoll_create1");
    return loop;
}

Result<EventLoop::Watch> EventLoop::watch(int fd, std::uint32_t events, Handler handler) {
    auto entry = std::make_shared<Entry>();
    entry->fd = fd;
    entry->events = events;
    entry->handler = std::move(handler);
    const std::uint64_t id = next_id_++;
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        if (errno != EPERM) return Error::from_errno("epoll_ctl");
        entry->polled = false;
        always_ready_.push_back(id);
    }
    entries_.emplace(id, std::move(entry));
    return Watch(*this, id);
}

Result<EventLoop::Watch> EventLoop::every(std::uint32_t interval_ms,
                                          std::function<void()> handler) {
    Fd timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!timer) return Error::from_errno("timerfd_create");
    const std::uint32_t interval = std::max<std::uint32_t>(interval_ms, 1);
    itimerspec spec{};
    spec.it_interval.tv_sec = interval / 1000;
    spec.it_interval.tv_nsec = static_cast<long>(interval % 1000) * 1'000'000;
    spec.it_value = spec.it_interval;
    if (timerfd_settime(timer.get(), 0, &spec, nullptr) != 0) {
        return Error::from_errno("timerfd_settime");
    }
    const int fd = timer.get();
    const std::uint64_t id = next_id_;
    auto watch = this->watch(fd, EPOLLIN, [fd, handler = std::move(handler)](std::uint32_t) {
        std::uint64_t expirations = 0;
        if (read(fd, &expirations, sizeof expirations) == sizeof expirations) handler();
    });
    if (watch.ok()) entries_.at(id)->timer = std::move(timer);
    return watch;
}

void EventLoop::defer(std::function<void()> handler) {
    deferred_.push_back(std::move(handler));
}

int EventLoop::run() {
    std::array<epoll_event, 64> ready{};
    while (!stopping_) {
        run_deferred();
        if (stopping_) break;
        const bool more_is_ready = run_always_ready();
        if (stopping_) break;
        const bool wait = deferred_.empty() && !more_is_ready;
        const int count =
            epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), wait ? -1 : 0);
        for (int i = 0; i < count && !stopping_; ++i) {
            const epoll_event& event = ready[static_cast<std::size_t>(i)];
            dispatch(event.data.u64, event.events);
        }
    }
    stopping_ = false;
    return code_;
}

void EventLoop::stop(int code) {
    if (stopping_) return;
    stopping_ = true;
    code_ = code;
}

void EventLoop::dispatch(std::uint64_t id, std::uint32_t events) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    // Kept alive for the call: the handler may end its own registration.
    const std::shared_ptr<Entry> entry = found->second;
    entry->handler(events);
}

void EventLoop::run_deferred() {
    std::vector<std::function<void()>> now;
    now.swap(deferred_);
    for (const auto& handler : now) {
        if (stopping_) return;
        handler();
    }
}

bool EventLoop::run_always_ready() {
    const std::vector<std::uint64_t> now = always_ready_;
    bool any = false;
    for (const std::uint64_t id : now) {
        if (stopping_) return any;
        const auto found = entries_.find(id);
        if (found == entries_.end() || found->second->events == 0) continue;
        any = true;
        dispatch(id, found->second->events);
    }
    return any;
}

void EventLoop::forget(std::uint64_t id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    if (found->second->polled) {
        epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second->fd, nullptr);
    } else {
        std::erase(always_ready_, id);
    }
    entries_.erase(found);
}

void EventLoop::change(std::uint64_t id, std::uint32_t events) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    found->second->events = events;
    if (!found->second->polled) return;
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, found->second->fd, &event);
}

}  // namespace leaklens
