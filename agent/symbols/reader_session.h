// One life of the symbol reader, seen from the agent: what was asked, what it must answer next,
// and who is to blame when it ends. Replies that are not the expected ones end it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "agent/result.h"
#include "agent/symbols/symbol_process.h"
#include "agent/symbols/symbol_wire.h"

namespace leaklens {

struct SymbolRequest {
    std::uint64_t ticket = 0;
    std::uint64_t module = 0;
    std::uint64_t address = 0;
};

// What the reader answers. The text in it is as the reader wrote it.
class ReaderListener {
  public:
    ReaderListener() = default;
    virtual ~ReaderListener() = default;
    ReaderListener(const ReaderListener&) = delete;
    ReaderListener& operator=(const ReaderListener&) = delete;

    // Returns whether the message makes sense.
    virtual bool on_opened(const ModuleOpened& opened) = 0;
    virtual void on_frames(const SymbolRequest& request, std::vector<SymbolFrame> frames) = 0;
};

// How a session ended.
struct SessionEnd {
    std::string reason;                     // a clause for a person: "crashed (Bus error)"
    bool was_ready = false;                 // whether it ever came to serving requests
    std::optional<std::uint64_t> module;    // whose request was in work
    std::vector<SymbolRequest> unanswered;  // that one first
    std::uint64_t cpu_ns = 0;
};

class ReaderSession {
  public:
    // Errors: internal.
    static Result<ReaderSession> start(const std::string& executable);

    [[nodiscard]] const SymbolProcess& process() const { return process_; }
    [[nodiscard]] bool has_opened(std::uint64_t module) const { return opened_.contains(module); }

    // Whether another request may be sent now: false while there are many unanswered ones, and
    // once the session is about to end.
    [[nodiscard]] bool takes_requests() const;
    // Each returns whether it was sent; if not, try again when the reader has answered something.
    bool open(const OpenModule& message, std::span<const int> descriptors);
    bool look_up(const SymbolRequest& request);

    // Hands on what the reader has answered, never waiting for it.
    void receive(ReaderListener& listener);
    // Kills the reader if it has been at one request for longer than this, in processor time, or
    // for six times as long by the clock.
    void enforce(std::chrono::milliseconds limit);
    // The end, once the process is gone; receive() is then to have been called before.
    std::optional<SessionEnd> reap(ReaderListener& listener);

  private:
    explicit ReaderSession(SymbolProcess process) : process_(std::move(process)) {}

    // What the reader is to answer, in the order in which it was asked.
    struct Expected {
        SymbolRequest request;
        std::uint64_t sequence = 0;
        bool opens = false;  // the module is to be opened, and that is all
    };
    bool send(const ReaderRequest& message, std::span<const int> descriptors, Expected expected);
    bool handle(ReaderReply reply, ReaderListener& listener);
    bool handle(FramesFound found, ReaderListener& listener);
    void start_clocks();
    void finish_first();
    void end(const std::string& reason);

    SymbolProcess process_;
    bool ready_ = false;
    std::string end_reason_;  // why this side ended it, empty where it did not
    std::unordered_set<std::uint64_t> opened_;
    std::deque<Expected> expected_;
    // When expected_'s first came to be in work, by the clock and by the reader's processor time.
    std::chrono::steady_clock::time_point first_since_;
    std::uint64_t first_since_cpu_ns_ = 0;
    std::vector<SymbolFrame> partial_;  // what came for expected_'s first so far
    std::uint64_t next_sequence_ = 1;
};

}  // namespace leaklens
