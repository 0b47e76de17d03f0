// leaklens-agent: arguments and exit codes. 0: done; 1: failed; 2: usage; 3: no capture can run
// here.
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/host/bpf_trials.h"
#include "agent/host/doctor.h"
#include "agent/host/privileges.h"
#include "agent/host/tracefs.h"
#include "agent/serve.h"
#include "agent/symbols/symbol_client.h"
#include "agent/wire/wire.h"

namespace {

using Arguments = std::span<char* const>;

constexpr int exit_usage = 2;
constexpr int exit_not_usable = 3;
// The descriptor that the symbol reader's parent hands it.
constexpr int symbol_socket = 3;

constexpr const char* usage =
    "usage: leaklens-agent serve                      speak JSON-RPC over stdin and stdout\n"
    "       leaklens-agent doctor [--pid N] [--json]  say what this host can do\n"
    "       leaklens-agent version\n"
    "       leaklens-agent --help\n";

int usage_error(const std::string& what) {
    std::fprintf(stderr, "leaklens-agent: %s\n%s", what.c_str(), usage);
    return exit_usage;
}

int run_version() {
    std::printf("leaklens-agent %s (protocol %lld)\n", LEAKLENS_VERSION,
                static_cast<long long>(leaklens::protocol_version));
    return 0;
}

std::optional<pid_t> parse_pid(std::string_view text) {
    pid_t pid = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || pid <= 0) {
        return std::nullopt;
    }
    return pid;
}

int run_doctor(Arguments arguments) {
    bool json = false;
    std::optional<pid_t> pid;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--json") {
            json = true;
        } else if (argument == "--pid") {
            if (i + 1 == arguments.size()) return usage_error("--pid needs a process number");
            pid = parse_pid(arguments[++i]);
            if (!pid) {
                return usage_error(std::string("'") + arguments[i] + "' is no process number");
            }
        } else {
            return usage_error("doctor does not know '" + std::string(argument) + "'");
        }
    }
    // The same steps as serve takes, so that the report is about what serve can do.
    const leaklens::Tracefs tracefs = leaklens::prepare_tracefs();
    leaklens::raise_locked_memory_limit();
    if (const auto dropped =
            leaklens::drop_privileges([&] { return leaklens::attaching_works(tracefs); });
        !dropped.ok()) {
        std::fprintf(stderr, "leaklens-agent: %s\n", dropped.error().message.c_str());
        return 1;
    }
    const leaklens::DoctorReport report = leaklens::run_doctor(tracefs, pid);
    const std::string text =
        json ? leaklens::doctor_report_json(report) + "\n" : leaklens::format_report(report);
    std::fputs(text.c_str(), stdout);
    return report.usable() ? 0 : exit_not_usable;
}

int run_symbols() {
    // The parent takes its signals through a descriptor; a child starts with the defaults.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    return leaklens::run_symbol_worker(symbol_socket);
}

// A descriptor opened later must never become standard output by accident.
void open_missing_standard_descriptors() {
    for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR)) {
        if (fd > STDERR_FILENO) {
            close(fd);
            return;
        }
    }
}

}  // namespace

int main(int count, char** values) {
    open_missing_standard_descriptors();
    const Arguments arguments(values, static_cast<std::size_t>(count));
    if (arguments.size() < 2) return usage_error("what to do is missing");
    const std::string_view command = arguments[1];
    const Arguments rest = arguments.subspan(2);
    if (command == "--help" || command == "-h" || command == "help") {
        std::fputs(usage, stdout);
        return 0;
    }
    if (command == "doctor") return run_doctor(rest);
    if (command != "serve" && command != "version" && command != "--version" &&
        command != "symbols") {
        return usage_error("there is no command '" + std::string(command) + "'");
    }
    if (!rest.empty()) {
        return usage_error(std::string(command) + " does not know '" + rest[0] + "'");
    }
    if (command == "serve") return leaklens::run_serve();
    if (command == "symbols") return run_symbols();
    return run_version();
}
