#include "agent/host/doctor.h"

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "agent/host/bpf_trials.h"
#include "agent/host/host_facts.h"
#include "agent/host/privileges.h"
#include "agent/host/return_probe_trial.h"
#include "agent/host/tracefs.h"
#include "agent/process/maps.h"
#include "agent/process/proc_file.h"
#include "agent/tests/agent_process.h"
#include "agent/tests/child_process.h"
#include "agent/wire/wire.h"

namespace leaklens {
namespace {

using tests::AgentProcess;
using tests::ChildProcess;

const DoctorCheck* find(const DoctorReport& report, const std::string& id) {
    const auto found = std::find_if(report.checks.begin(), report.checks.end(),
                                    [&](const DoctorCheck& check) { return check.id == id; });
    return found == report.checks.end() ? nullptr : &*found;
}

std::string own_mounts() {
    return read_proc_file("/proc/self/mountinfo", 1 << 20).text;
}

// "ok" or what went wrong, for text that comes back from a child.
std::string outcome(const Status& status) {
    return status.ok() ? "ok" : status.error().message;
}

}  // namespace

TEST_CASE("a report is usable when nothing failed, and reads well") {
    DoctorReport report{{{"a", "Short", CheckStatus::ok, "fine", ""},
                         {"b", "A longer title", CheckStatus::warning, "so so", "mind it"}}};
    CHECK(report.usable());
    CHECK(format_report(report) ==
          "ok      Short           fine\n"
          "warning A longer title  so so\n"
          "                        -> mind it\n"
          "\nA capture can run here.\n");
    report.checks.push_back({"c", "Third", CheckStatus::failed, "broken", "mend it"});
    CHECK_FALSE(report.usable());
    CHECK(format_report(report).find("FAILED  Third           broken\n") != std::string::npos);
    CHECK(format_report(report).find("cannot run here") != std::string::npos);
}

TEST_CASE("kernel releases") {
    CHECK(parse_kernel_version("6.18.44-fc") == KernelVersion{6, 18});
    CHECK(parse_kernel_version("5.10.0-32-amd64") == KernelVersion{5, 10});
    CHECK(parse_kernel_version("7.0") == KernelVersion{7, 0});
    for (const char* wrong : {"", "6", "6.", "x.1", "6-1", "-1.2"}) {
        CAPTURE(wrong);
        CHECK(parse_kernel_version(wrong) == KernelVersion{});
    }
    CHECK_FALSE(KernelVersion{5, 9}.at_least(5, 10));
    CHECK(KernelVersion{5, 10}.at_least(5, 10));
    CHECK(KernelVersion{6, 1}.at_least(5, 19));
}

TEST_CASE("on this host everything is tried, and what works is told from what does not") {
    const ChildProcess child([] {
        const DoctorReport report = run_doctor(prepare_tracefs(), getpid());
        return doctor_report_json(report);
    });
    const auto report = nlohmann::json::parse(child.text());
    std::set<std::string> ids;
    for (const auto& check : report.at("checks")) {
        CAPTURE(check.dump());
        CHECK(ids.insert(check.at("id").get<std::string>()).second);
        CHECK_FALSE(check.at("detail").get<std::string>().empty());
        CHECK(check.contains("advice") == (check.at("status") != "ok"));
    }
    for (const char* id : {"kernel", "architecture", "capabilities", "user-namespace", "lockdown",
                           "perf-event-paranoid", "locked-memory", "bpf", "ring-buffer", "uprobes",
                           "uprobe-multi", "bpf-loop", "mappings", "capture-programs", "target",
                           "target-allocator", "target-seccomp"}) {
        CAPTURE(id);
        CHECK(ids.count(id) == 1);
    }
    CHECK(report.at("usable") == true);
}

TEST_CASE("without privileges the doctor says that they are what is missing") {
    const ChildProcess child([] {
        if (syscall(SYS_setresuid, 65534, 65534, 65534) != 0) return std::string("setresuid");
        const DoctorReport report = run_doctor({{}, "not tried"}, std::nullopt);
        return doctor_report_json(report);
    });
    const auto report = nlohmann::json::parse(child.text());
    CHECK(report.at("usable") == false);
    std::set<std::string> failed;
    for (const auto& check : report.at("checks")) {
        if (check.at("status") == "failed") failed.insert(check.at("id"));
    }
    CHECK(failed.count("capabilities") == 1);
    CHECK(failed.count("bpf") == 1);
    CHECK(failed.count("uprobes") == 1);
    CHECK(failed.count("kernel") == 0);
}

TEST_CASE("targets that cannot be captured fail with their reason") {
    const DoctorReport nobody = run_doctor({{}, "not tried"}, 0x7ffffffe);
    REQUIRE(find(nobody, "target") != nullptr);
    CHECK(find(nobody, "target")->status == CheckStatus::failed);
    CHECK(find(nobody, "target")->detail == "there is no process 2147483646");
    CHECK_FALSE(nobody.usable());

    const ChildProcess child([] { return std::string(); });
    child.make_zombie();
    const DoctorReport zombie = run_doctor({{}, "not tried"}, child.pid());
    REQUIRE(find(zombie, "target") != nullptr);
    CHECK(find(zombie, "target")->detail ==
          "process " + std::to_string(child.pid()) + " has ended");
    // Without tracefs mappings are not traced, which is no failure.
    CHECK(find(zombie, "mappings")->status == CheckStatus::warning);
}

TEST_CASE("the command's exit code says whether a capture can run, its output is text or JSON") {
    AgentProcess text({"doctor"});
    CHECK(text.read_rest().find("A capture can run here.") != std::string::npos);
    CHECK(text.wait() == 0);
    AgentProcess json({"doctor", "--json", "--pid", "2147483646"});
    const auto report = nlohmann::json::parse(json.read_rest());
    CHECK(report.at("usable") == false);
    CHECK(report.at("checks").back().at("id") == "target");
    CHECK(json.wait() == 3);
}

TEST_CASE("a return probe in a process under seccomp is tried for real") {
    const auto survives = return_probe_survives_seccomp();
    REQUIRE(survives.ok());
    const KernelVersion version = parse_kernel_version(read_host_facts().kernel);
    // Kernels outside this range never kill; inside it depends on the stable release.
    if (!version.at_least(6, 11) || version.at_least(6, 15)) CHECK(*survives);
    CHECK(seccomp_kills_return_probes() == !*survives);
}

TEST_CASE("privileges are given up for good, and what a capture needs still works") {
    const ChildProcess child([] {
        bool without_admin = false;
        const Tracefs tracefs = prepare_tracefs();
        const Status dropped = drop_privileges([&] {
            without_admin = !has_capability(effective_capabilities(), CAP_SYS_ADMIN);
            return true;
        });
        std::ostringstream text;
        text << outcome(dropped) << "\n"
             << without_admin << "\n"
             << std::hex << effective_capabilities() << std::dec << "\n"
             << prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) << "\n"
             << prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) << "\n"
             << outcome(try_uprobe_multi()) << "\n"
             << try_mappings(probe_kernel_features(tracefs.directory, tracefs.reason)).detail
             << "\n"
             << read_maps(getppid()).ok() << "\n";
        return text.str();
    });
    CHECK(child.text() == "ok\n1\n1c0000800e4\n1\n0\nok\ncan be traced\n1\n");
}

TEST_CASE("CAP_SYS_ADMIN is kept where probes do not work without it") {
    const ChildProcess child([] {
        const Status dropped = drop_privileges([] { return false; });
        return outcome(dropped) + " " +
               std::to_string(has_capability(effective_capabilities(), CAP_SYS_ADMIN)) + " " +
               check_uprobes(Error{ErrorKind::internal, "not tried", {}}).detail;
    });
    CHECK(child.text() == "ok 1 one was attached to the agent itself, and every hit was counted");
}

TEST_CASE("tracefs is mounted for the agent alone") {
    const std::string before = own_mounts();
    const ChildProcess child([] {
        const Tracefs tracefs = prepare_tracefs();
        const Tracefs again = prepare_tracefs();
        std::ifstream id(tracefs.directory + "/events/syscalls/sys_enter_mmap/id");
        int number = 0;
        id >> number;
        return tracefs.reason + again.reason + (number > 0 ? "read" : "unreadable");
    });
    CHECK(child.text() == "read");
    CHECK(own_mounts() == before);
}

}  // namespace leaklens
