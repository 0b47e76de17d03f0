#include "agent/tests/traced_program.h"

#include <doctest/doctest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace leaklens::test {

namespace {

constexpr long kBreakpoint = 0xCC;

// Waits for the next stop and returns its signal; -1 when the child is gone.
int wait_for_stop(pid_t pid) {
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return WIFSTOPPED(status) ? WSTOPSIG(status) : -1;
}

}  // namespace

TracedProgram::TracedProgram(const std::string& path, const std::vector<std::string>& environment) {
    std::vector<std::string> words = environment;
    std::vector<char*> variables;
    variables.reserve(words.size() + 1);
    for (std::string& word : words)
        variables.push_back(word.data());
    variables.push_back(nullptr);
    std::string program = path;
    std::vector<char*> arguments{program.data(), nullptr};
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(126);
        ::execve(program.c_str(), arguments.data(), variables.data());
        ::_exit(127);
    }
    REQUIRE(wait_for_stop(pid_) == SIGTRAP);  // the exec
    REQUIRE(::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL) == 0);
    REQUIRE(::ptrace(PTRACE_CONT, pid_, nullptr, nullptr) == 0);
    REQUIRE(wait_for_stop(pid_) == SIGSTOP);
}

TracedProgram::~TracedProgram() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
}

std::uint64_t TracedProgram::address_of(const std::string& file, std::uint64_t offset) const {
    const std::string wanted = std::filesystem::canonical(file).string();
    std::ifstream maps("/proc/" + std::to_string(pid_) + "/maps");
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words(line);
        std::string range;
        std::string rights;
        std::string start;
        std::string device;
        std::string inode;
        std::string path;
        words >> range >> rights >> start >> device >> inode >> path;
        if (path != wanted || rights.find('x') == std::string::npos) continue;
        const std::uint64_t first = std::stoull(range, nullptr, 16);
        const std::uint64_t end = std::stoull(range.substr(range.find('-') + 1), nullptr, 16);
        const std::uint64_t from = std::stoull(start, nullptr, 16);
        if (offset >= from && offset - from < end - first) return first + (offset - from);
    }
    return 0;
}

long TracedProgram::swap_byte(std::uint64_t address, long byte) const {
    errno = 0;
    const long word = ::ptrace(PTRACE_PEEKTEXT, pid_, address, nullptr);
    REQUIRE(errno == 0);
    REQUIRE(::ptrace(PTRACE_POKETEXT, pid_, address, (word & ~0xFFL) | byte) == 0);
    return word & 0xFFL;
}

int TracedProgram::run(
    const std::vector<std::uint64_t>& addresses,
    const std::function<void(std::uint64_t address, const user_regs_struct&)>& on_hit) {
    std::map<std::uint64_t, long> originals;
    for (const std::uint64_t address : addresses) {
        if (!originals.contains(address)) originals[address] = swap_byte(address, kBreakpoint);
    }
    int signal = 0;
    for (;;) {
        REQUIRE(::ptrace(PTRACE_CONT, pid_, nullptr, signal) == 0);
        int status = 0;
        REQUIRE(::waitpid(pid_, &status, 0) == pid_);
        if (!WIFSTOPPED(status)) {
            pid_ = -1;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        signal = WSTOPSIG(status);
        if (signal != SIGTRAP) continue;
        signal = 0;
        user_regs_struct registers{};
        REQUIRE(::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers) == 0);
        const auto original = originals.find(registers.rip - 1);
        REQUIRE(original != originals.end());
        registers.rip -= 1;
        on_hit(original->first, registers);
        // Execute the original instruction alone, then arm the place again.
        REQUIRE(::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers) == 0);
        REQUIRE(swap_byte(original->first, original->second) == kBreakpoint);
        REQUIRE(::ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr) == 0);
        REQUIRE(wait_for_stop(pid_) == SIGTRAP);
        REQUIRE(swap_byte(original->first, kBreakpoint) == original->second);
    }
}

}  // namespace leaklens::test
