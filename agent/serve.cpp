// Wiring: descriptors, signals and the machine around a session. Standard output carries the
// protocol and nothing else; what is for people goes to standard error.
#include "agent/serve.h"

#include <linux/close_range.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>

#include "agent/event_loop.h"
#include "agent/host/bpf_trials.h"
#include "agent/host/privileges.h"
#include "agent/host/tracefs.h"
#include "agent/live_machine.h"
#include "agent/session.h"
#include "agent/wire/framing.h"
#include "agent/wire/output_queue.h"

namespace leaklens {
namespace {

// How long the last messages may take to leave, once everything is detached.
constexpr int last_words_ms = 500;

void say(const std::string& message) {
    std::fprintf(stderr, "leaklens-agent: %s\n", message.c_str());
}

// A descriptor that becomes readable when the agent is asked to end. A client that goes away must
// not kill the agent before its probes are detached, so SIGPIPE is ignored: write(2) says EPIPE.
Result<Fd> watch_signals() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr);
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&ends, signal);
    if (sigprocmask(SIG_BLOCK, &ends, nullptr) != 0) return Error::from_errno("sigprocmask");
    Fd signals(signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals) return Error::from_errno("signalfd");
    return signals;
}

// One agent at work. The members are in the order of construction, so that the session, whose end
// detaches the probes, goes first.
class Service {
  public:
    explicit Service(EventLoop& loop, Tracefs tracefs)
        : loop_(loop), machine_(loop, std::move(tracefs)) {}

    Status start(int input, int output, int signals) {
        auto queue = OutputQueue::create(loop_, output, [this](const std::string& reason) {
            say("ends, because " + reason);
            loop_.stop(0);
        });
        if (!queue.ok()) return queue.error();
        output_ = std::move(queue).value();
        session_.emplace(loop_, machine_, [this](std::string_view body) { output_->send(body); });
        auto input_watch =
            loop_.watch(input, EPOLLIN, [this, input](std::uint32_t) { read_some(input); });
        if (!input_watch.ok()) return input_watch.error();
        input_watch_ = std::move(input_watch).value();
        auto signal_watch = loop_.watch(signals, EPOLLIN, [this](std::uint32_t) { loop_.stop(0); });
        if (!signal_watch.ok()) return signal_watch.error();
        signal_watch_ = std::move(signal_watch).value();
        return {};
    }

    // Detaches everything, then lets the last messages leave.
    void finish() {
        session_.reset();
        output_->flush(last_words_ms);
    }

  private:
    void read_some(int input) {
        std::array<char, 65536> chunk{};
        const ssize_t count = read(input, chunk.data(), chunk.size());
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) {
            if (!reader_.between_messages()) say("the input ended in the middle of a message");
            return loop_.stop(0);
        }
        reader_.append({chunk.data(), static_cast<std::size_t>(count)});
        while (true) {
            const auto body = reader_.next();
            if (!body.ok()) {
                say("ends, because of its input: " + body.error().message);
                session_->refuse_stream(body.error().message);
                return loop_.stop(1);
            }
            if (!body->has_value()) return;
            session_->receive(**body);
        }
    }

    EventLoop& loop_;
    LiveMachine machine_;
    FrameReader reader_;
    std::unique_ptr<OutputQueue> output_;
    std::optional<Session> session_;
    EventLoop::Watch input_watch_;
    EventLoop::Watch signal_watch_;
};

}  // namespace

int run_serve() {
    // Whatever the parent left open is none of the agent's business.
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
    const auto signals = watch_signals();
    Tracefs tracefs = prepare_tracefs();
    raise_locked_memory_limit();
    const Status dropped = drop_privileges([&] { return attaching_works(tracefs); });
    const auto loop = EventLoop::create();
    for (const Status& status : {signals.ok() ? Status() : Status(signals.error()), dropped,
                                 loop.ok() ? Status() : Status(loop.error())}) {
        if (status.ok()) continue;
        say("cannot start: " + status.error().message);
        return 1;
    }
    Service service(**loop, std::move(tracefs));
    const Status started = service.start(STDIN_FILENO, STDOUT_FILENO, signals->get());
    if (!started.ok()) {
        say("cannot start: " + started.error().message);
        return 1;
    }
    const int code = (*loop)->run();
    service.finish();
    return code;
}

}  // namespace leaklens
