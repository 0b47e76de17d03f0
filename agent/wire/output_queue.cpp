// The queue of outgoing messages, over a non-blocking descriptor.
#include "agent/wire/output_queue.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/wire/framing.h"

namespace leaklens {

Result<std::unique_ptr<OutputQueue>> OutputQueue::create(
    EventLoop& loop, int fd, std::function<void(const std::string&)> on_lost, std::size_t limit) {
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return Error::from_errno("the output cannot be made non-blocking");
    }
    std::unique_ptr<OutputQueue> queue(new OutputQueue(fd, flags, std::move(on_lost), limit));
    // Without events epoll still reports a reader that went away, even while nothing is queued.
    auto watch = loop.watch(fd, 0, [raw = queue.get()](std::uint32_t events) {
        if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
            raw->lose("the client closed its end");
        } else {
            raw->write_some();
        }
    });
    if (!watch.ok()) return watch.error();
    queue->watch_ = std::move(watch).value();
    return queue;
}

OutputQueue::OutputQueue(int fd, int flags, std::function<void(const std::string&)> on_lost,
                         std::size_t limit)
    : fd_(fd), original_flags_(flags), on_lost_(std::move(on_lost)), limit_(limit) {}

OutputQueue::~OutputQueue() {
    // The description may be shared with a shell, which expects it to block as before.
    fcntl(fd_, F_SETFL, original_flags_);
}

void OutputQueue::send(std::string_view body) {
    if (lost_) return;
    messages_.push_back(frame_message(body));
    queued_bytes_ += messages_.back().size();
    if (messages_.size() == 1) write_some();
    if (queued_bytes_ > limit_) {
        lose("the client has stopped reading: " + std::to_string(queued_bytes_) +
             " bytes are waiting");
    }
}

void OutputQueue::flush(int timeout_ms) {
    pollfd descriptor{fd_, POLLOUT, 0};
    write_some();
    while (!lost_ && !messages_.empty() && poll(&descriptor, 1, timeout_ms) > 0)
        write_some();
}

void OutputQueue::write_some() {
    while (!lost_ && !messages_.empty()) {
        const std::string& first = messages_.front();
        const ssize_t count =
            write(fd_, first.data() + written_of_first_, first.size() - written_of_first_);
        if (count < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return lose(std::strerror(errno));
            watch_.set_events(EPOLLOUT);
            return;
        }
        written_of_first_ += static_cast<std::size_t>(count);
        queued_bytes_ -= static_cast<std::size_t>(count);
        if (written_of_first_ == first.size()) {
            messages_.pop_front();
            written_of_first_ = 0;
        }
    }
    watch_.set_events(0);
}

void OutputQueue::lose(const std::string& reason) {
    if (lost_) return;
    lost_ = true;
    watch_.reset();
    messages_.clear();
    queued_bytes_ = 0;
    on_lost_(reason);
}

}  // namespace leaklens
