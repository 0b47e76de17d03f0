#include "agent/symbols/symbol_client.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>

#include "agent/elf/elf_image.h"
#include "agent/symbols/debug_file.h"
#include "agent/symbols/display_text.h"
#include "agent/symbols/reader_session.h"
#include "agent/symbols/symbol_wire.h"

namespace leaklens {

namespace {

constexpr std::size_t kLongestPath = 4096;

struct Module {
    Fd elf;
    DebugFiles files;
    ModuleSymbols known;
    bool given_up = false;
};

// Has the reader open a module. Returns whether that was sent.
bool send_open(ReaderSession& session, const Module& module) {
    OpenModule message;
    message.module = module.known.module;
    message.crc = module.files.crc;
    std::vector<int> descriptors{module.elf.get()};
    for (const DebugFile& candidate : module.files.candidates) {
        if (message.candidates == kMostCandidates) break;
        descriptors.push_back(candidate.fd.get());
        ++message.candidates;
    }
    if (module.files.alternate) {
        message.alternate = true;
        descriptors.push_back(module.files.alternate->fd.get());
    }
    return session.open(message, descriptors);
}

}  // namespace

// Nothing here calls back but deliver_news(): whatever is found out becomes news first, so that
// callbacks may call this object again at any time.
class SymbolClient::Impl : private ReaderListener {
  public:
    Impl(Callbacks callbacks, SymbolReaderOptions options);

    void add_module(std::uint64_t number, Fd elf, pid_t pid, const std::string& path);
    void request(const SymbolRequest& request);
    [[nodiscard]] std::size_t pending() const { return unanswered_; }
    [[nodiscard]] int fd() const { return events_.get(); }
    void on_readable();
    void on_tick();
    [[nodiscard]] std::uint64_t child_cpu_ns() const {
        return former_cpu_ns_ + (session_ ? session_->process().cpu_ns() : 0);
    }
    [[nodiscard]] pid_t child_pid() const { return session_ ? session_->process().pid() : -1; }

  private:
    bool on_opened(const ModuleOpened& opened) override;
    void on_frames(const SymbolRequest& request, std::vector<SymbolFrame> frames) override;
    bool start_session();
    void handle_end(const SessionEnd& end);
    void send_requests();
    void watch(int fd) const;
    void give_up_module(Module& module, const std::string& reason);
    void give_up_all(const std::string& reason);
    void tell(std::variant<SymbolAnswer, ModuleSymbols> news);
    void deliver_news();

    Callbacks callbacks_;
    SymbolReaderOptions options_;
    Fd events_;  // epoll: the session's socket and end, and wake_
    Fd wake_;    // eventfd: there is news although no child said anything
    std::optional<ReaderSession> session_;
    std::unordered_map<std::uint64_t, Module> modules_;
    std::deque<SymbolRequest> queue_;  // what no session was given yet
    std::deque<std::variant<SymbolAnswer, ModuleSymbols>> news_;
    std::size_t unanswered_ = 0;
    std::uint64_t former_cpu_ns_ = 0;
    std::uint32_t ended_sessions_ = 0;
    std::string off_;  // why there are no symbols any more, empty while there are
};

SymbolClient::Impl::Impl(Callbacks callbacks, SymbolReaderOptions options)
    : callbacks_(std::move(callbacks)),
      options_(std::move(options)),
      events_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    watch(wake_.get());
}

void SymbolClient::Impl::watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    epoll_ctl(events_.get(), EPOLL_CTL_ADD, fd, &event);
}

void SymbolClient::Impl::add_module(std::uint64_t number, Fd elf, pid_t pid,
                                    const std::string& path) {
    Module& module = modules_[number];
    module = Module{};
    module.elf = std::move(elf);
    module.known.module = number;
    if (!off_.empty()) {
        give_up_module(module, off_);
        return;
    }
    const Result<ElfImage> image = ElfImage::open(module.elf.get());
    if (!image) {
        give_up_module(module, image.error().message);
        return;
    }
    if (const Result<Fd> root = open_root(pid); root.ok()) {
        module.files = find_debug_files(*image, root->get(), path);
    }
}

void SymbolClient::Impl::request(const SymbolRequest& request) {
    ++unanswered_;
    queue_.push_back(request);
    send_requests();
}

void SymbolClient::Impl::send_requests() {
    while (!queue_.empty()) {
        const SymbolRequest request = queue_.front();
        const auto found = modules_.find(request.module);
        if (found == modules_.end() || found->second.given_up) {
            queue_.pop_front();
            tell(SymbolAnswer{request.ticket, {}});
            continue;
        }
        if (!session_ && !start_session()) continue;
        if (!session_->takes_requests()) return;
        if (!session_->has_opened(request.module) && !send_open(*session_, found->second)) return;
        if (!session_->look_up(request)) return;
        queue_.pop_front();
    }
}

bool SymbolClient::Impl::start_session() {
    Result<ReaderSession> started = ReaderSession::start(options_.executable);
    if (!started) {
        give_up_all(started.error().message);
        return false;
    }
    session_.emplace(std::move(started).value());
    watch(session_->process().socket());
    watch(session_->process().pidfd());
    return true;
}

bool SymbolClient::Impl::on_opened(const ModuleOpened& opened) {
    const auto found = modules_.find(opened.module);
    if (found == modules_.end() || opened.source == SymbolSource::pending) return false;
    const auto& candidates = found->second.files.candidates;
    if (opened.candidate && *opened.candidate >= candidates.size()) return false;
    ModuleSymbols& known = found->second.known;
    // A second session opens modules of which all was told before.
    if (known.source != SymbolSource::pending) return true;
    known.source = opened.source;
    if (opened.candidate) {
        known.debug_file = display_text(candidates[*opened.candidate].path, kLongestPath);
    } else if (!candidates.empty()) {
        known.problem =
            display_text(candidates.front().path, kLongestPath) + " belongs to another build";
    }
    tell(known);
    return true;
}

void SymbolClient::Impl::on_frames(const SymbolRequest& request, std::vector<SymbolFrame> frames) {
    for (SymbolFrame& frame : frames) {
        frame.function = display_text(frame.function, kLongestText);
        frame.file = display_text(frame.file, kLongestText);
        frame.inlined = &frame != &frames.back();
    }
    tell(SymbolAnswer{request.ticket, std::move(frames)});
}

void SymbolClient::Impl::handle_end(const SessionEnd& end) {
    former_cpu_ns_ += end.cpu_ns;
    session_.reset();
    queue_.insert(queue_.begin(), end.unanswered.begin(), end.unanswered.end());
    if (!end.was_ready) {
        give_up_all("the symbol reader " + end.reason + " before it was ready");
        return;
    }
    if (end.module) {
        if (const auto found = modules_.find(*end.module); found != modules_.end()) {
            give_up_module(found->second,
                           "the symbol reader " + end.reason + " while it read this file");
        }
    }
    if (++ended_sessions_ > options_.restart_limit) {
        give_up_all("symbols are off: the symbol reader ended " + std::to_string(ended_sessions_) +
                    " times");
    }
}

void SymbolClient::Impl::give_up_module(Module& module, const std::string& reason) {
    module.given_up = true;
    module.elf.reset();
    module.files = {};
    module.known.source = SymbolSource::none;
    module.known.debug_file.clear();
    module.known.problem = reason;
    tell(module.known);
}

void SymbolClient::Impl::give_up_all(const std::string& reason) {
    off_ = reason;
    for (auto& [number, module] : modules_) {
        if (!module.given_up) give_up_module(module, reason);
    }
}

void SymbolClient::Impl::tell(std::variant<SymbolAnswer, ModuleSymbols> news) {
    news_.push_back(std::move(news));
    eventfd_write(wake_.get(), 1);
}

void SymbolClient::Impl::deliver_news() {
    eventfd_t count = 0;
    eventfd_read(wake_.get(), &count);
    while (!news_.empty()) {
        auto item = std::move(news_.front());
        news_.pop_front();
        if (auto* answer = std::get_if<SymbolAnswer>(&item)) {
            --unanswered_;
            callbacks_.on_answer(std::move(*answer));
        } else {
            callbacks_.on_module(std::move(std::get<ModuleSymbols>(item)));
        }
    }
}

void SymbolClient::Impl::on_readable() {
    if (session_) {
        session_->receive(*this);
        if (const auto end = session_->reap(*this)) handle_end(*end);
    }
    send_requests();
    deliver_news();
}

void SymbolClient::Impl::on_tick() {
    on_readable();
    if (session_) session_->enforce(options_.request_limit);
}

SymbolClient::SymbolClient(Callbacks callbacks, SymbolReaderOptions options)
    : impl_(std::make_unique<Impl>(std::move(callbacks), std::move(options))) {}
SymbolClient::~SymbolClient() = default;

void SymbolClient::add_module(std::uint64_t module, Fd elf, pid_t pid, const std::string& path) {
    impl_->add_module(module, std::move(elf), pid, path);
}

void SymbolClient::request(std::uint64_t ticket, std::uint64_t module, std::uint64_t address) {
    impl_->request({ticket, module, address});
}

std::size_t SymbolClient::pending() const {
    return impl_->pending();
}
int SymbolClient::fd() const {
    return impl_->fd();
}
void SymbolClient::on_readable() {
    impl_->on_readable();
}
void SymbolClient::on_tick() {
    impl_->on_tick();
}
std::uint64_t SymbolClient::child_cpu_ns() const {
    return impl_->child_cpu_ns();
}
pid_t SymbolClient::child_pid() const {
    return impl_->child_pid();
}

}  // namespace leaklens
