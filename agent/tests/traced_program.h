// A child process that is stopped at chosen places of its code, by ptrace.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace leaklens::test {

class TracedProgram {
  public:
    // Starts a program under trace and lets it run to the first SIGSTOP that it sends itself.
    // `environment` holds NAME=VALUE words.
    TracedProgram(const std::string& path, const std::vector<std::string>& environment);
    ~TracedProgram();  // kills and reaps the child if it still runs
    TracedProgram(const TracedProgram&) = delete;
    TracedProgram& operator=(const TracedProgram&) = delete;

    // Address in the child of an offset in a file that it has mapped executable; 0 if it has not.
    [[nodiscard]] std::uint64_t address_of(const std::string& file, std::uint64_t offset) const;

    // Runs to the end, calling `on_hit` each time before the instruction at one of the addresses
    // is executed. Returns the exit code.
    int run(const std::vector<std::uint64_t>& addresses,
            const std::function<void(std::uint64_t address, const user_regs_struct&)>& on_hit);

  private:
    [[nodiscard]] long swap_byte(std::uint64_t address, long byte) const;

    pid_t pid_ = -1;
};

}  // namespace leaklens::test
