// The machine that the agent really runs on, as a session asks for it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "agent/event_loop.h"
#include "agent/host/tracefs.h"
#include "agent/session.h"
#include "agent/sniffer/shared_kernel_state.h"

namespace leaklens {

class LiveMachine : public Machine {
  public:
    LiveMachine(EventLoop& loop, Tracefs tracefs);

    // The first call tries what the kernel offers, which takes some tenths of a second.
    InitializeResult describe() override;
    std::vector<ProcessInfo> list_processes() override;
    DoctorReport run_doctor(std::optional<pid_t> pid) override;
    Result<std::unique_ptr<RunningCapture>> start_capture(pid_t pid, std::uint32_t interval_ms,
                                                          const CaptureLimits& limits,
                                                          CaptureListener& listener) override;

  private:
    using Kernel = Result<std::unique_ptr<SharedKernelState>>;
    Kernel& kernel();

    EventLoop& loop_;
    Tracefs tracefs_;
    std::optional<Kernel> kernel_;
};

}  // namespace leaklens
