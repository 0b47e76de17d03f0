// One client's conversation with the agent: which request may come when, which captures run, and
// who is answered at their end. It knows messages, not descriptors.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/capture.h"
#include "agent/event_loop.h"
#include "agent/wire/wire.h"

namespace leaklens {

inline constexpr std::size_t max_captures = 8;

// A capture as the session sees it: agent/capture.h, or a test's stand-in.
class RunningCapture {
  public:
    RunningCapture() = default;
    virtual ~RunningCapture() = default;
    RunningCapture(const RunningCapture&) = delete;
    RunningCapture& operator=(const RunningCapture&) = delete;

    [[nodiscard]] virtual const CaptureStarted& started() const = 0;
    // See Capture::stop().
    virtual void stop() = 0;
};

// What a session needs of the machine.
class Machine {
  public:
    Machine() = default;
    virtual ~Machine() = default;
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    virtual InitializeResult describe() = 0;
    virtual std::vector<ProcessInfo> list_processes() = 0;
    virtual DoctorReport run_doctor(std::optional<pid_t> pid) = 0;
    // See Capture::start(). The listener outlives the capture.
    virtual Result<std::unique_ptr<RunningCapture>> start_capture(pid_t pid,
                                                                  std::uint32_t interval_ms,
                                                                  const CaptureLimits& limits,
                                                                  CaptureListener& listener) = 0;
};

class Session {
  public:
    using Send = std::function<void(std::string_view body)>;

    // All three outlive the session.
    Session(EventLoop& loop, Machine& machine, Send send);
    // Ends what still runs, without another word to the client.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Takes one message body from the client.
    void receive(std::string_view body);
    // The stream lost its framing: tells the client so.
    void refuse_stream(const std::string& why);

  private:
    class ActiveCapture;
    enum class Phase { waiting, running, shutting_down, shut_down };

    [[nodiscard]] std::optional<RpcError> out_of_order(const Request& request) const;
    void handle(const RequestId& id, const InitializeCall& call);
    void handle(const RequestId& id, const ShutdownCall& call);
    void handle(const RequestId& id, const ProcessListCall& call);
    void handle(const RequestId& id, const DoctorCall& call);
    void handle(const RequestId& id, const CaptureStartCall& call);
    void handle(const RequestId& id, const CaptureStopCall& call);
    void capture_ended(std::uint32_t id);
    void finish_shutdown();

    EventLoop& loop_;
    Machine& machine_;
    Send send_;
    Phase phase_ = Phase::waiting;
    RequestId shutdown_request_;
    std::uint32_t next_capture_id_ = 1;
    using CaptureList = std::vector<std::shared_ptr<ActiveCapture>>;
    std::map<std::uint32_t, std::shared_ptr<ActiveCapture>> captures_;
    std::shared_ptr<CaptureList> ended_ = std::make_shared<CaptureList>();
};

}  // namespace leaklens
