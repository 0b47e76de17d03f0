// What the symbol reader can no longer do once it is in its sandbox. Each attempt is made by a
// process of its own, since most end it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>

#include "agent/symbols/sandbox.h"

namespace leaklens {
namespace {

constexpr int kSandboxFailed = 99;

// Runs `attempt` in a sandboxed process and returns how that ended, as waitpid tells.
int end_of(const std::function<bool()>& attempt) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);  // The test framework has a handler.
        if (!enter_symbol_sandbox(2).ok()) _exit(kSandboxFailed);
        _exit(attempt() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return status;
}

bool holds(const std::function<bool()>& claim) {
    const int status = end_of(claim);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) != kSandboxFailed);
    return WEXITSTATUS(status) == 0;
}

bool is_fatal(const std::function<void()>& attempt) {
    const int status = end_of([&attempt] {
        attempt();
        return true;
    });
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

TEST_CASE("files cannot be opened or looked at") {
    CHECK(holds([] { return open("/etc/passwd", O_RDONLY) < 0 && errno == ENOENT; }));
    CHECK(holds([] {
        struct stat status {};
        return stat("/etc/passwd", &status) < 0 && errno == ENOENT;
    }));
    CHECK(is_fatal([] { mkdir("/tmp/leaklens-sandbox-test", 0700); }));
    CHECK(is_fatal([] { unlink("/tmp/leaklens-sandbox-test"); }));
    CHECK(is_fatal([] { chdir("/"); }));
}

TEST_CASE("processes cannot be started, signalled, traced or replaced") {
    CHECK(is_fatal([] { syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); }));
    CHECK(is_fatal([] { execl("/bin/true", "true", nullptr); }));
    CHECK(is_fatal([] { kill(getppid(), 0); }));
    CHECK(is_fatal([] { syscall(SYS_tgkill, 1, 1, 0); }));
    CHECK(is_fatal([] { syscall(SYS_ptrace, 0, 0, nullptr, nullptr); }));
    CHECK(is_fatal([] { syscall(SYS_process_vm_readv, 1, nullptr, 0, nullptr, 0, 0); }));
}

TEST_CASE("nothing can be reached over the network, nor the kernel be reconfigured") {
    CHECK(is_fatal([] { socket(AF_INET, SOCK_STREAM, 0); }));
    CHECK(is_fatal([] { syscall(SYS_bpf, 0, nullptr, 0); }));
    CHECK(is_fatal([] { prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }));
    CHECK(is_fatal([] { setuid(0); }));
    CHECK(is_fatal([] { syscall(SYS_io_uring_setup, 1, nullptr); }));
}

TEST_CASE("memory does not become executable") {
    CHECK(is_fatal(
        [] { mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }));
    CHECK(is_fatal([] {
        void* page =
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(page, 4096, PROT_READ | PROT_EXEC);
    }));
}

TEST_CASE("what reading symbols takes still works") {
    CHECK(holds([] {
        void* page =
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return page != MAP_FAILED && munmap(page, 4096) == 0;
    }));
    CHECK(holds([] {
        struct stat status {};
        return fstat(0, &status) == 0 && fcntl(0, F_GETFD) >= 0;
    }));
    const int status = end_of([] {
        std::abort();
        return true;
    });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
}

TEST_CASE("descriptors that the reader was not given are closed") {
    const int kept = open("/dev/null", O_RDONLY);
    REQUIRE(kept > 2);
    CHECK(holds([kept] { return fcntl(kept, F_GETFD) < 0 && errno == EBADF; }));
    close(kept);
}

}  // namespace
}  // namespace leaklens
