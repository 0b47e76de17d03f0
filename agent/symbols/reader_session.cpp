#include "agent/symbols/reader_session.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "agent/symbols/packet_socket.h"

namespace leaklens {

namespace {

using Clock = std::chrono::steady_clock;

// Enough to keep the reader busy, few enough for the socket's buffer to hold them all.
constexpr std::size_t kMostExpected = 64;
// Packets handled at once, so that a flood of answers leaves the event loop time for others.
constexpr unsigned kPacketsPerTurn = 256;

// A reader that is not given the processor is not to blame at once.
constexpr int kClockFactor = 6;

constexpr const char* kMalformed = "gave malformed answers";

}  // namespace

Result<ReaderSession> ReaderSession::start(const std::string& executable) {
    Result<SymbolProcess> process = SymbolProcess::start(executable);
    if (!process) return process.error();
    return ReaderSession(std::move(process).value());
}

bool ReaderSession::takes_requests() const {
    return process_.socket() >= 0 && expected_.size() < kMostExpected;
}

bool ReaderSession::open(const OpenModule& message, std::span<const int> descriptors) {
    if (!send(message, descriptors, {{0, message.module, 0}, 0, true})) return false;
    opened_.insert(message.module);
    return true;
}

bool ReaderSession::look_up(const SymbolRequest& request) {
    const LookUp message{next_sequence_, request.module, request.address};
    if (!send(message, {}, {request, next_sequence_, false})) return false;
    ++next_sequence_;
    return true;
}

bool ReaderSession::send(const ReaderRequest& message, std::span<const int> descriptors,
                         Expected expected) {
    switch (send_packet(process_.socket(), encode(message), descriptors, false)) {
        case PacketStatus::done:
            if (expected_.empty()) start_clocks();
            expected_.push_back(expected);
            return true;
        case PacketStatus::failed:
            end("could not be given work");
            return false;
        case PacketStatus::would_block:
        case PacketStatus::closed:  // Its end will be seen soon.
            return false;
    }
    return false;
}

void ReaderSession::receive(ReaderListener& listener) {
    std::vector<std::uint8_t> packet;
    for (unsigned i = 0; i < kPacketsPerTurn && process_.socket() >= 0; ++i) {
        switch (receive_packet(process_.socket(), packet, nullptr, false)) {
            case PacketStatus::would_block:
                return;
            case PacketStatus::closed:
                // It is ending, or has closed what it had no reason to close.
                end({});
                return;
            case PacketStatus::failed:
                end(kMalformed);
                return;
            case PacketStatus::done:
                break;
        }
        auto reply = decode_reply(packet);
        if (!reply || !handle(std::move(*reply), listener)) end(kMalformed);
    }
}

// Returns whether the reply is the one that was to come.
bool ReaderSession::handle(ReaderReply reply, ReaderListener& listener) {
    if (std::holds_alternative<ReaderReady>(reply)) return !std::exchange(ready_, true);
    if (!ready_ || expected_.empty()) return false;
    if (auto* found = std::get_if<FramesFound>(&reply)) return handle(std::move(*found), listener);
    const auto& opened = std::get<ModuleOpened>(reply);
    const Expected& first = expected_.front();
    if (!first.opens || first.request.module != opened.module) return false;
    finish_first();
    return listener.on_opened(opened);
}

bool ReaderSession::handle(FramesFound found, ReaderListener& listener) {
    const Expected first = expected_.front();
    if (first.opens || found.sequence != first.sequence) return false;
    if (partial_.size() + found.frames.size() > kMostFrames) return false;
    std::move(found.frames.begin(), found.frames.end(), std::back_inserter(partial_));
    if (found.more) return true;
    finish_first();
    listener.on_frames(first.request, std::exchange(partial_, {}));
    return true;
}

void ReaderSession::start_clocks() {
    first_since_ = Clock::now();
    first_since_cpu_ns_ = process_.cpu_ns();
}

void ReaderSession::finish_first() {
    expected_.pop_front();
    start_clocks();
}

void ReaderSession::end(const std::string& reason) {
    if (end_reason_.empty()) end_reason_ = reason;
    process_.kill();
}

void ReaderSession::enforce(std::chrono::milliseconds limit) {
    if (expected_.empty() || process_.socket() < 0) return;
    const std::chrono::nanoseconds worked(process_.cpu_ns() - first_since_cpu_ns_);
    if (worked > limit || Clock::now() - first_since_ > kClockFactor * limit) {
        end("took too long and was stopped");
    }
}

std::optional<SessionEnd> ReaderSession::reap(ReaderListener& listener) {
    const std::optional<ChildEnd> ended = process_.reap();
    if (!ended) return std::nullopt;
    // What it answered before its end is still in the socket.
    receive(listener);
    SessionEnd result;
    result.reason = end_reason_.empty() ? ended->description : end_reason_;
    result.was_ready = ready_;
    result.cpu_ns = ended->cpu_ns;
    if (!expected_.empty()) result.module = expected_.front().request.module;
    for (const Expected& expected : expected_) {
        if (!expected.opens) result.unanswered.push_back(expected.request);
    }
    return result;
}

}  // namespace leaklens
