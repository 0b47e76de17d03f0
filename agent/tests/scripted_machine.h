// A machine for sessions in tests: it answers what it is told to, and its captures report what
// their test says.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agent/session.h"

namespace leaklens::tests {

class ScriptedMachine : public Machine {
  public:
    // What the next calls answer.
    InitializeResult description;
    std::vector<ProcessInfo> processes;
    DoctorReport report;
    Result<CaptureStarted> next_start = CaptureStarted{};

    // Listeners of the captures that were started and not destroyed, in the order of their start.
    std::vector<CaptureListener*> listeners;
    // Called by a capture's stop(); the default ends it at once.
    std::function<void(CaptureListener&)> on_stop = [](CaptureListener& listener) {
        listener.on_ended(EndReason::stopped, "stopped");
    };
    std::optional<pid_t> doctored;
    CaptureLimits limits;

    InitializeResult describe() override { return description; }
    std::vector<ProcessInfo> list_processes() override { return processes; }
    DoctorReport run_doctor(std::optional<pid_t> pid) override {
        doctored = pid;
        return report;
    }
    Result<std::unique_ptr<RunningCapture>> start_capture(pid_t /*pid*/,
                                                          std::uint32_t /*interval_ms*/,
                                                          const CaptureLimits& wanted,
                                                          CaptureListener& listener) override {
        limits = wanted;
        if (!next_start.ok()) return next_start.error();
        listeners.push_back(&listener);
        std::unique_ptr<RunningCapture> capture =
            std::make_unique<ScriptedCapture>(*this, *next_start, listener);
        return capture;
    }

  private:
    class ScriptedCapture : public RunningCapture {
      public:
        ScriptedCapture(ScriptedMachine& machine, CaptureStarted started, CaptureListener& listener)
            : machine_(machine), started_(std::move(started)), listener_(listener) {}
        ~ScriptedCapture() override { std::erase(machine_.listeners, &listener_); }
        ScriptedCapture(const ScriptedCapture&) = delete;
        ScriptedCapture& operator=(const ScriptedCapture&) = delete;
        [[nodiscard]] const CaptureStarted& started() const override { return started_; }
        void stop() override { machine_.on_stop(listener_); }

      private:
        ScriptedMachine& machine_;
        CaptureStarted started_;
        CaptureListener& listener_;
    };
};

}  // namespace leaklens::tests
