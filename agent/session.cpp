// The session's rules, and the translation of what captures report into notifications.
#include "agent/session.h"

#include <algorithm>
#include <utility>

namespace leaklens {
namespace {

// Reports are cut into messages of about this many items, so that none is longer than a client
// wants to parse at once.
constexpr std::size_t items_per_message = 2000;

// Calls `send` with consecutive parts of `items`; not at all when there are none.
template <typename Item, typename SendPart>
void in_parts(const std::vector<Item>& items, const SendPart& send) {
    for (std::size_t first = 0; first < items.size(); first += items_per_message) {
        const std::size_t last = std::min(items.size(), first + items_per_message);
        send(std::vector<Item>(items.begin() + static_cast<std::ptrdiff_t>(first),
                               items.begin() + static_cast<std::ptrdiff_t>(last)));
    }
}

}  // namespace

// A capture, its number on the wire, and the requests that wait for its end.
class Session::ActiveCapture : public CaptureListener {
  public:
    ActiveCapture(Session& session, std::uint32_t id, pid_t pid)
        : session_(session), id_(id), pid_(pid) {}

    [[nodiscard]] pid_t pid() const { return pid_; }
    void own(std::unique_ptr<RunningCapture> capture) { capture_ = std::move(capture); }
    void stop() {
        if (std::exchange(stopping_, true)) return;
        capture_->stop();
    }
    void answer_at_end(const RequestId& request) { waiting_.push_back(request); }

    void on_modules(const std::vector<ModuleReport>& modules) override {
        in_parts(modules, [&](const auto& part) { session_.send_(encode_modules(id_, part)); });
    }
    void on_stacks(const StacksReport& stacks) override {
        if (stacks.locations.size() + stacks.stacks.size() <= items_per_message) {
            return session_.send_(encode_stacks(id_, stacks));
        }
        // Locations go first: a stack may only name locations that were introduced.
        in_parts(stacks.locations, [&](const auto& part) {
            session_.send_(encode_stacks(id_, {part, {}}));
        });
        in_parts(stacks.stacks, [&](const auto& part) {
            session_.send_(encode_stacks(id_, {{}, part}));
        });
    }
    void on_symbols(const std::vector<SymbolReport>& symbols) override {
        in_parts(symbols, [&](const auto& part) { session_.send_(encode_symbols(id_, part)); });
    }
    void on_sample(const SampleReport& sample) override {
        session_.send_(encode_sample(id_, sample));
    }
    void on_ended(EndReason reason, const std::string& detail) override {
        session_.send_(encode_ended(id_, reason, detail));
        for (const RequestId& request : waiting_)
            session_.send_(encode_null_result(request));
        session_.capture_ended(id_);
    }
    void on_log(const std::string& level, const std::string& message) override {
        session_.send_(encode_log(level, message));
    }

  private:
    Session& session_;
    std::uint32_t id_;
    pid_t pid_;
    bool stopping_ = false;
    std::vector<RequestId> waiting_;
    std::unique_ptr<RunningCapture> capture_;
};

Session::Session(EventLoop& loop, Machine& machine, Send send)
    : loop_(loop), machine_(machine), send_(std::move(send)) {}

Session::~Session() = default;

void Session::receive(std::string_view body) {
    const std::optional<Request> request = decode_request(body);
    if (!request) return;
    if (const auto error = out_of_order(*request)) {
        send_(encode_error(request->id, *error));
    } else if (const auto* wrong = std::get_if<RpcError>(&request->call)) {
        send_(encode_error(request->id, *wrong));
    } else {
        std::visit([&](const auto& call) { handle(request->id, call); },
                   std::get<Call>(request->call));
    }
}

void Session::refuse_stream(const std::string& why) {
    send_(encode_error(RequestId(no_request_id),
                       RpcError{RpcCode::parse_error, "the agent ends: " + why}));
}

// What the session's phase has against a request, before its parameters matter.
std::optional<RpcError> Session::out_of_order(const Request& request) const {
    const auto* wrong = std::get_if<RpcError>(&request.call);
    if (wrong != nullptr &&
        (wrong->code == RpcCode::parse_error || wrong->code == RpcCode::invalid_request)) {
        return std::nullopt;
    }
    const bool initialize = request.method == "initialize";
    if (phase_ == Phase::waiting && !initialize) {
        return RpcError{RpcCode::not_initialized, "the first request must be initialize"};
    }
    if (phase_ != Phase::waiting && initialize) {
        return RpcError{RpcCode::invalid_request, "initialize was called before"};
    }
    if (phase_ == Phase::shut_down || phase_ == Phase::shutting_down) {
        return RpcError{RpcCode::invalid_request, "the agent was shut down"};
    }
    return std::nullopt;
}

void Session::handle(const RequestId& id, const InitializeCall& call) {
    if (call.version != protocol_version) {
        const std::string client = std::to_string(call.version);
        const std::string agent = std::to_string(protocol_version);
        const bool old_agent = call.version > protocol_version;
        send_(encode_error(
            id, RpcError{RpcCode::version_mismatch,
                         "the client speaks protocol version " + client + ", this agent " +
                             LEAKLENS_VERSION + " speaks version " + agent + ": update the " +
                             (old_agent ? "agent" : "client")}));
        return;
    }
    phase_ = Phase::running;
    send_(encode_result(id, machine_.describe()));
}

void Session::handle(const RequestId& id, const ShutdownCall& /*call*/) {
    phase_ = Phase::shutting_down;
    shutdown_request_ = id;
    // stop() may end a capture at once, which changes the map.
    const auto captures = captures_;
    for (const auto& [number, capture] : captures)
        capture->stop();
    finish_shutdown();
}

void Session::handle(const RequestId& id, const ProcessListCall& /*call*/) {
    send_(encode_result(id, machine_.list_processes()));
}

void Session::handle(const RequestId& id, const DoctorCall& call) {
    send_(encode_result(id, machine_.run_doctor(call.pid)));
}

void Session::handle(const RequestId& id, const CaptureStartCall& call) {
    if (captures_.size() >= max_captures) {
        const Error error{ErrorKind::too_many_captures,
                          "the agent runs " + std::to_string(max_captures) + " captures already",
                          "Stop one of them first."};
        return send_(encode_error(id, error));
    }
    for (const auto& [number, capture] : captures_) {
        if (capture->pid() != call.pid) continue;
        const Error error{ErrorKind::already_captured,
                          "process " + std::to_string(call.pid) + " is being captured already",
                          "Stop that capture first, or wait until it has ended."};
        return send_(encode_error(id, error));
    }
    const std::uint32_t number = next_capture_id_++;
    auto active = std::make_shared<ActiveCapture>(*this, number, call.pid);
    auto running = machine_.start_capture(call.pid, call.interval_ms, call.limits, *active);
    if (!running.ok()) return send_(encode_error(id, running.error()));
    send_(encode_result(id, number, (*running)->started()));
    active->own(std::move(running).value());
    captures_.emplace(number, std::move(active));
}

void Session::handle(const RequestId& id, const CaptureStopCall& call) {
    const auto found = call.capture_id <= UINT32_MAX
                           ? captures_.find(static_cast<std::uint32_t>(call.capture_id))
                           : captures_.end();
    if (found == captures_.end()) {
        const Error error{ErrorKind::no_such_capture,
                          "there is no capture " + std::to_string(call.capture_id),
                          "It may have ended by itself: see its last capture/ended message."};
        return send_(encode_error(id, error));
    }
    const std::shared_ptr<ActiveCapture> capture = found->second;
    capture->answer_at_end(id);
    capture->stop();
}

// The capture is inside its own call: it is kept until the loop's next turn, but never longer than
// the session, whose machine it uses.
void Session::capture_ended(std::uint32_t id) {
    const auto found = captures_.find(id);
    if (found == captures_.end()) return;
    ended_->push_back(std::move(found->second));
    captures_.erase(found);
    loop_.defer([list = std::weak_ptr(ended_)] {
        if (const auto ended = list.lock()) ended->clear();
    });
    finish_shutdown();
}

void Session::finish_shutdown() {
    if (phase_ != Phase::shutting_down || !captures_.empty()) return;
    phase_ = Phase::shut_down;
    send_(encode_null_result(shutdown_request_));
}

}  // namespace leaklens
