#include "agent/symbols/symbol_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

namespace leaklens {

namespace {

constexpr int kChildSocket = 3;
constexpr int kLastWaitMs = 1000;

std::uint64_t to_ns(const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_usec) * 1000;
}

// Owns what posix_spawn wants to be told in two objects of C.
class SpawnPlan {
  public:
    SpawnPlan() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
    }
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    // All that can fail here is memory. `null` and `socket` must be above kChildSocket, or they
    // would be overwritten before they are used.
    bool prepare(int null, int socket) {
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        const short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID;
        return posix_spawn_file_actions_adddup2(&actions_, null, STDIN_FILENO) == 0 &&
               posix_spawn_file_actions_adddup2(&actions_, null, STDOUT_FILENO) == 0 &&
               posix_spawn_file_actions_adddup2(&actions_, null, STDERR_FILENO) == 0 &&
               posix_spawn_file_actions_adddup2(&actions_, socket, kChildSocket) == 0 &&
               posix_spawn_file_actions_addclosefrom_np(&actions_, kChildSocket + 1) == 0 &&
               posix_spawnattr_setsigmask(&attributes_, &none) == 0 &&
               posix_spawnattr_setsigdefault(&attributes_, &all) == 0 &&
               posix_spawnattr_setflags(&attributes_, flags) == 0;
    }
    // Returns an errno value, 0 when the child runs.
    int spawn(const std::string& executable, pid_t& pid) {
        std::string name = "leaklens-agent";
        std::string argument = "symbols";
        std::array<char*, 3> arguments{name.data(), argument.data(), nullptr};
        std::array<char*, 1> environment{nullptr};
        return posix_spawn(&pid, executable.c_str(), &actions_, &attributes_, arguments.data(),
                           environment.data());
    }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

Fd above_child_descriptors(const Fd& fd) {
    return Fd(fcntl(fd.get(), F_DUPFD_CLOEXEC, kChildSocket + 1));
}

std::string describe(int status) {
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        if (signal == SIGKILL) return "was killed";
        return std::string("crashed (") + strsignal(signal) + ")";
    }
    return "ended (exit code " + std::to_string(WEXITSTATUS(status)) + ")";
}

}  // namespace

SymbolProcess::SymbolProcess(pid_t pid, Fd socket, Fd pidfd)
    : pid_(pid), socket_(std::move(socket)), pidfd_(std::move(pidfd)) {}

SymbolProcess::SymbolProcess(SymbolProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      socket_(std::move(other.socket_)),
      pidfd_(std::move(other.pidfd_)) {}

Result<SymbolProcess> SymbolProcess::start(const std::string& executable) {
    std::array<int, 2> pair{-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
        return Error::from_errno("cannot make a socket for the symbol reader");
    }
    Fd ours(pair[0]);
    const Fd theirs_low(pair[1]);
    const Fd null_low(open("/dev/null", O_RDWR | O_CLOEXEC));
    const Fd theirs = above_child_descriptors(theirs_low);
    const Fd null = above_child_descriptors(null_low);
    if (!theirs || !null) return Error::from_errno("cannot prepare the symbol reader");
    SpawnPlan plan;
    if (!plan.prepare(null.get(), theirs.get())) {
        return Error::from_errno("cannot prepare the symbol reader", ENOMEM);
    }
    pid_t pid = -1;
    if (const int code = plan.spawn(executable, pid); code != 0) {
        return Error::from_errno("cannot start the symbol reader", code);
    }
    // Owns the process from here on, so that an error below ends it.
    SymbolProcess process(pid, std::move(ours), Fd());
    process.pidfd_ = Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!process.pidfd_) return Error::from_errno("cannot watch the symbol reader");
    return process;
}

SymbolProcess::~SymbolProcess() {
    if (pid_ < 0) return;
    kill();
    pollfd ended{pidfd_.get(), POLLIN, 0};
    poll(&ended, 1, kLastWaitMs);
    reap();
}

std::uint64_t SymbolProcess::cpu_ns() const {
    clockid_t clock = 0;
    timespec time{};
    if (pid_ < 0 || clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) {
        return 0;
    }
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

void SymbolProcess::kill() {
    socket_.reset();
    // The process is not reaped, so its number is not anybody else's.
    if (pid_ > 0) ::kill(pid_, SIGKILL);
}

std::optional<ChildEnd> SymbolProcess::reap() {
    int status = 0;
    rusage usage{};
    if (pid_ < 0 || wait4(pid_, &status, WNOHANG, &usage) != pid_) return std::nullopt;
    pid_ = -1;
    return ChildEnd{describe(status), to_ns(usage.ru_utime) + to_ns(usage.ru_stime)};
}

}  // namespace leaklens
