// A child process with pipes to its standard input and output: the agent, as a client starts it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/fd.h"
#include "agent/wire/framing.h"

namespace leaklens::tests {

class AgentProcess {
  public:
    // Starts the agent with these arguments.
    explicit AgentProcess(const std::vector<std::string>& arguments = {"serve"});
    // Kills it, should it still run.
    ~AgentProcess();
    AgentProcess(const AgentProcess&) = delete;
    AgentProcess& operator=(const AgentProcess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Writes bytes, all of them; false when the agent does not take them any more.
    bool write_bytes(std::string_view bytes);
    bool send(const nlohmann::json& message);
    void close_input() { input_.reset(); }
    void close_output() { output_.reset(); }

    // The next message; nothing when the output ended, or after ten seconds.
    std::optional<nlohmann::json> receive();
    // Sends a request and gives its answer; messages in between are dropped.
    std::optional<nlohmann::json> call(const std::string& method, const nlohmann::json& params);
    // All that is still written until the output ends.
    std::string read_rest();

    // What it wrote to standard error so far.
    [[nodiscard]] std::string errors() const;

    // Waits for the end: the exit code, or the negative number of the signal that killed it;
    // nothing after ten seconds. What it said is printed when a sanitizer or a signal ended it.
    std::optional<int> wait();

  private:
    pid_t pid_ = -1;
    int next_id_ = 1;
    Fd input_;   // the agent's standard input
    Fd output_;  // the agent's standard output
    Fd errors_;  // a file in memory
    FrameReader reader_{std::size_t{64} << 20};
};

}  // namespace leaklens::tests
