// Joins the session to the host's facts, the processes, the doctor and the capture engine.
#include "agent/live_machine.h"

#include <unistd.h>

#include <utility>

#include "agent/host/doctor.h"
#include "agent/host/host_facts.h"
#include "agent/host/privileges.h"

namespace leaklens {
namespace {

class LiveCapture : public RunningCapture {
  public:
    explicit LiveCapture(std::unique_ptr<Capture> capture) : capture_(std::move(capture)) {}

    [[nodiscard]] const CaptureStarted& started() const override { return capture_->started(); }
    void stop() override { capture_->stop(); }

  private:
    std::unique_ptr<Capture> capture_;
};

// Without its privileges the agent fails in many ways, which all have the same remedy.
Error explained(const Error& error) {
    if (error.kind != ErrorKind::internal ||
        missing_capabilities(effective_capabilities()).empty()) {
        return error;
    }
    return {ErrorKind::not_permitted, "the agent lacks privileges: " + error.message,
            "Run it as root (sudo); `leaklens doctor` says what is missing."};
}

}  // namespace

LiveMachine::LiveMachine(EventLoop& loop, Tracefs tracefs)
    : loop_(loop), tracefs_(std::move(tracefs)) {}

LiveMachine::Kernel& LiveMachine::kernel() {
    if (!kernel_) kernel_ = SharedKernelState::create(tracefs_.directory, tracefs_.reason);
    return *kernel_;
}

InitializeResult LiveMachine::describe() {
    InitializeResult result;
    result.agent_version = LEAKLENS_VERSION;
    result.agent_pid = getpid();
    result.host = read_host_facts();
    if (const Kernel& shared = kernel(); shared.ok()) {
        const KernelFeatures& features = (*shared)->features();
        result.features = {features.uprobe_multi, features.bpf_loop, features.mappings};
    }
    return result;
}

std::vector<ProcessInfo> LiveMachine::list_processes() {
    return leaklens::list_processes();
}

DoctorReport LiveMachine::run_doctor(std::optional<pid_t> pid) {
    return leaklens::run_doctor(tracefs_, pid);
}

Result<std::unique_ptr<RunningCapture>> LiveMachine::start_capture(pid_t pid,
                                                                   std::uint32_t interval_ms,
                                                                   const CaptureLimits& limits,
                                                                   CaptureListener& listener) {
    Kernel& shared = kernel();
    if (!shared.ok()) return explained(shared.error());
    auto capture = Capture::start(loop_, **shared, pid, interval_ms, limits, listener);
    if (!capture.ok()) return explained(capture.error());
    std::unique_ptr<RunningCapture> running =
        std::make_unique<LiveCapture>(std::move(capture).value());
    return running;
}

}  // namespace leaklens
