#include "agent/process/process.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <future>
#include <string>
#include <thread>

#include "agent/process/allocators.h"
#include "agent/process/proc_file.h"
#include "agent/process/proc_stat.h"
#include "agent/process/user_names.h"
#include "agent/tests/child_process.h"

namespace leaklens {
namespace {

using tests::ChildProcess;

constexpr pid_t nobodys_pid = 0x7ffffffe;

// A kernel thread's number; 0 where none is to be seen, as in a PID namespace.
pid_t find_kernel_thread() {
    for (pid_t pid = 2; pid < 4096; ++pid) {
        const auto stat =
            parse_stat(read_proc_file("/proc/" + std::to_string(pid) + "/stat", 4096).text);
        if (stat && stat->is_kernel_thread()) return pid;
    }
    return 0;
}

}  // namespace

TEST_CASE("the fields of a stat line, whatever the name holds") {
    const std::string rest =
        " S 17 1 1 0 -1 4194560 1 2 3 4 500 60 0 0 20 0 3 0 123456 987654321 50 1844 1 1\n";
    for (const std::string& name :
         {std::string("cat"), std::string(""), std::string("a b"), std::string(") R 1 (x"),
          std::string("new\nline"), std::string(")))"), std::string("\xff\xfe")}) {
        CAPTURE(name);
        const auto stat = parse_stat("99 (" + name + ")" + rest);
        REQUIRE(stat.has_value());
        CHECK(stat->name == name);
        CHECK(stat->state == 'S');
        CHECK(stat->parent_pid == 17);
        CHECK(stat->user_ticks == 500);
        CHECK(stat->system_ticks == 60);
        CHECK(stat->threads == 3);
        CHECK(stat->start_ticks == 123456);
        CHECK(stat->virtual_bytes == 987654321);
        CHECK_FALSE(stat->is_kernel_thread());
        CHECK_FALSE(stat->has_ended());
    }
    const auto kthreadd =
        parse_stat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 3 0 0 20 0 1 0 5 0 0 1844\n");
    REQUIRE(kthreadd.has_value());
    CHECK(kthreadd->is_kernel_thread());
    for (const char* text : {"", "1", "1 (a", "1 (a)", "1 (a) ", "1 (a) S", "1 (a) S 1 2 x",
                             ")1 (a S 1 1 1 1", "1 a) S 1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_stat(text).has_value());
    }
}

TEST_CASE("lines of a status file") {
    const std::string status =
        "Name:\tx\nVmRSS:\t    2040 kB\nVmRSSmore:\t1\nUid:\t1\t2\t3\t4\nEmpty:";
    CHECK(status_field(status, "VmRSS") == "2040 kB");
    CHECK(leading_number(status_field(status, "VmRSS")) == 2040);
    CHECK(status_field(status, "VmR").empty());
    CHECK(status_field(status, "Empty").empty());
    CHECK_FALSE(leading_number("").has_value());
    CHECK_FALSE(leading_number("x1").has_value());
    CHECK_FALSE(leading_number("99999999999999999999").has_value());
}

TEST_CASE("users are named by /etc/passwd's lines, as far as they are any") {
    const UserNames names(
        "root:x:0:0:root:/root:/bin/sh\n\n#no user\nada:x:1000:1000::/home/ada:/bin/sh\n"
        "other:x:1000:1::/:\nbad:x:-1:0::/:\nworse:x:99999999999:0::/:\n:x:5:5::/:\nshort:x:7\n"
        "last:x:8:");
    CHECK(names.name(0) == "root");
    CHECK(names.name(1000) == "ada");
    CHECK(names.name(8) == "last");
    CHECK(names.name(5) == "5");
    CHECK(names.name(7) == "7");
    CHECK(names.name(4294967295U) == "4294967295");
}

TEST_CASE("a process is described") {
    const ChildProcess child({"sleep", "600"});
    ProcessInfo process;
    // The program replaces the test's copy some time after the fork.
    for (int i = 0; i < 500 && process.name != "sleep"; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const auto read = read_process(child.pid());
        REQUIRE(read.ok());
        process = *read;
    }
    CHECK(process.name == "sleep");
    CHECK(process.pid == child.pid());
    CHECK(process.parent_pid == getpid());
    CHECK(process.command == std::vector<std::string>{"sleep", "600"});
    CHECK(process.executable.ends_with("/sleep"));
    CHECK(process.uid == geteuid());
    CHECK(process.user == UserNames().name(geteuid()));
    CHECK(process.threads == 1);
    CHECK(process.rss_bytes > 100'000);
    const double now = std::chrono::duration<double, std::milli>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
    CHECK(process.started_unix_ms > now - 60'000);
    CHECK(process.started_unix_ms < now + 1'000);
    REQUIRE(process.allocators.size() == 1);
    CHECK(process.allocators[0].module.find("libc.so") != std::string::npos);
    CHECK_FALSE(process.obstacle.has_value());
}

TEST_CASE("a name may be anything") {
    const ChildProcess child([] {
        prctl(PR_SET_NAME, "a) (b\nc \xff");
        return std::string();
    });
    const auto process = read_process(child.pid());
    REQUIRE(process.ok());
    CHECK(process->name == "a) (b\nc \xff");
}

TEST_CASE("who is no process is told from who is") {
    CHECK(read_process(nobodys_pid).error().kind == ErrorKind::no_such_process);
    CHECK(read_process(0).error().kind == ErrorKind::no_such_process);
    CHECK(read_process(-1).error().kind == ErrorKind::no_such_process);

    std::promise<pid_t> number;
    std::promise<void> done;
    std::thread thread([&] {
        number.set_value(static_cast<pid_t>(syscall(SYS_gettid)));
        done.get_future().wait();
    });
    const pid_t tid = number.get_future().get();
    const auto read = read_process(tid);
    const auto pidfd = open_pidfd(tid);
    done.set_value();
    thread.join();
    const std::string expected =
        std::to_string(tid) + " is a thread of process " + std::to_string(getpid());
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().kind == ErrorKind::no_such_process);
    CHECK(read.error().message == expected);
    REQUIRE_FALSE(pidfd.ok());
    CHECK(pidfd.error().message == expected);

    if (const pid_t kernel_thread = find_kernel_thread(); kernel_thread != 0) {
        CHECK(read_process(kernel_thread).error().kind == ErrorKind::kernel_thread);
    }
}

TEST_CASE("a process that ended is listed with what stands in the way, and has no memory") {
    const ChildProcess child([] { return std::string(); });
    CHECK(read_process_memory(child.pid()).ok());
    child.make_zombie();
    const auto process = read_process(child.pid());
    REQUIRE(process.ok());
    REQUIRE(process->obstacle.has_value());
    CHECK(process->obstacle->kind == ErrorKind::process_exited);
    CHECK(read_process_memory(child.pid()).error().kind == ErrorKind::process_exited);
    CHECK(read_process_memory(nobodys_pid).error().kind == ErrorKind::process_exited);
    CHECK(executable_id(child.pid()).error().kind == ErrorKind::process_exited);
}

TEST_CASE("the list has this test's children, and neither itself nor kernel threads") {
    const ChildProcess child([] { return std::string(); });
    const auto has = [](const std::vector<ProcessInfo>& list, pid_t pid) {
        return std::any_of(list.begin(), list.end(),
                           [pid](const ProcessInfo& process) { return process.pid == pid; });
    };
    const auto list = list_processes();
    CHECK(has(list, getppid()));
    CHECK_FALSE(has(list, getpid()));
    const pid_t kernel_thread = find_kernel_thread();
    CHECK_FALSE((kernel_thread != 0 && has(list, kernel_thread)));
    // A child with the agent's own executable is taken for its symbol reader.
    CHECK_FALSE(has(list, child.pid()));
}

TEST_CASE("memory and processor time are those of the process") {
    const auto before = read_process_memory(getpid());
    REQUIRE(before.ok());
    CHECK(before->rss_bytes >= before->anonymous_bytes);
    CHECK(before->virtual_bytes > before->rss_bytes);
    CHECK(before->threads >= 1);
    std::vector<char> grown(32U << 20, 'x');
    volatile std::uint64_t sum = 0;
    const auto began = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(30)) {
        sum = sum + static_cast<std::uint64_t>(grown[sum % grown.size()]);
    }
    const auto after = read_process_memory(getpid());
    REQUIRE(after.ok());
    CHECK(after->anonymous_bytes > before->anonymous_bytes + (16U << 20));
    CHECK(after->cpu_ns > before->cpu_ns);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto used =
        static_cast<std::uint64_t>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 1) *
        1'000'000'000U;
    CHECK(after->cpu_ns <= used + 1'000'000'000U);
}

TEST_CASE("a pidfd tells the end") {
    const ChildProcess child([] { return std::string(); });
    const auto descriptor = open_pidfd(child.pid());
    REQUIRE(descriptor.ok());
    pollfd ready{descriptor->get(), POLLIN, 0};
    CHECK(poll(&ready, 1, 0) == 0);
    child.make_zombie();
    CHECK(poll(&ready, 1, 1000) == 1);
    CHECK(open_pidfd(nobodys_pid).error().kind == ErrorKind::no_such_process);
}

TEST_CASE("an exec changes the executable's identity") {
    const auto own = executable_id(getpid());
    REQUIRE(own.ok());
    const ChildProcess copy([] { return std::string(); });
    const auto same = executable_id(copy.pid());
    REQUIRE(same.ok());
    CHECK(*same == *own);
    const ChildProcess other({"sleep", "600"});
    bool changed = false;
    for (int i = 0; i < 500 && !changed; ++i) {
        const auto now = executable_id(other.pid());
        REQUIRE(now.ok());
        changed = *now != *own;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    CHECK(changed);
}

}  // namespace leaklens
