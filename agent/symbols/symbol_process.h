// The symbol reader as a process: started, watched, ended. What it says is somebody else's matter.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "agent/fd.h"
#include "agent/result.h"

namespace leaklens {

// How a child ended, as a clause for a person: "crashed (Segmentation fault)".
struct ChildEnd {
    std::string description;
    std::uint64_t cpu_ns = 0;  // user and system time of its whole life
};

class SymbolProcess {
  public:
    // Runs `executable` with the argument `symbols`: a socket as its descriptor 3, /dev/null as
    // its first three, no others, no environment, a session of its own (so that a terminal's
    // Ctrl-C ends the capture, and not the symbols that are still to come). Errors: internal.
    static Result<SymbolProcess> start(const std::string& executable);
    ~SymbolProcess();  // kills it, and waits a second at most for its end
    SymbolProcess(const SymbolProcess&) = delete;
    SymbolProcess& operator=(const SymbolProcess&) = delete;
    SymbolProcess(SymbolProcess&& other) noexcept;
    SymbolProcess& operator=(SymbolProcess&&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Of type SOCK_SEQPACKET, non-blocking by use; -1 after kill().
    [[nodiscard]] int socket() const { return socket_.get(); }
    // Readable once the process has ended.
    [[nodiscard]] int pidfd() const { return pidfd_.get(); }
    [[nodiscard]] std::uint64_t cpu_ns() const;

    // Closes the socket and sends SIGKILL: the end follows, and is to be waited for.
    void kill();
    // Reaps the process if it has ended, never waits for it. To be asked until it answers.
    std::optional<ChildEnd> reap();

  private:
    SymbolProcess(pid_t pid, Fd socket, Fd pidfd);

    pid_t pid_ = -1;  // -1 once it is reaped
    Fd socket_;
    Fd pidfd_;
};

}  // namespace leaklens
