#include "agent/tests/agent_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace leaklens::tests {
namespace {

constexpr int patience_ms = 10'000;

std::array<Fd, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

AgentProcess::AgentProcess(const std::vector<std::string>& arguments) {
    // A client that writes to an agent that ended wants an error, not a signal.
    signal(SIGPIPE, SIG_IGN);
    auto [input_read, input_write] = make_pipe();
    auto [output_read, output_write] = make_pipe();
    errors_ = Fd(memfd_create("agent-errors", MFD_CLOEXEC));
    std::vector<std::string> words{AGENT};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> values;
    for (std::string& word : words)
        values.push_back(word.data());
    values.push_back(nullptr);
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
        dup2(input_read.get(), STDIN_FILENO);
        dup2(output_write.get(), STDOUT_FILENO);
        dup2(errors_.get(), STDERR_FILENO);
        signal(SIGPIPE, SIG_DFL);
        execv(values[0], values.data());
        _exit(127);
    }
    input_ = std::move(input_write);
    output_ = std::move(output_read);
}

AgentProcess::~AgentProcess() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

bool AgentProcess::write_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = write(input_.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool AgentProcess::send(const nlohmann::json& message) {
    return write_bytes(frame_message(message.dump()));
}

std::optional<nlohmann::json> AgentProcess::receive() {
    std::array<char, 65536> chunk{};
    while (true) {
        const auto body = reader_.next();
        if (!body.ok()) return std::nullopt;
        if (body->has_value()) return nlohmann::json::parse(**body);
        pollfd ready{output_.get(), POLLIN, 0};
        if (poll(&ready, 1, patience_ms) <= 0) return std::nullopt;
        const ssize_t count = read(output_.get(), chunk.data(), chunk.size());
        if (count <= 0) return std::nullopt;
        reader_.append({chunk.data(), static_cast<std::size_t>(count)});
    }
}

std::optional<nlohmann::json> AgentProcess::call(const std::string& method,
                                                 const nlohmann::json& params) {
    const int id = next_id_++;
    send({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
    while (true) {
        auto message = receive();
        if (!message || message->value("id", nlohmann::json()) == id) return message;
    }
}

std::string AgentProcess::read_rest() {
    std::string rest;
    std::array<char, 65536> chunk{};
    while (true) {
        pollfd ready{output_.get(), POLLIN, 0};
        if (poll(&ready, 1, patience_ms) <= 0) return rest;
        const ssize_t count = read(output_.get(), chunk.data(), chunk.size());
        if (count <= 0) return rest;
        rest.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

std::string AgentProcess::errors() const {
    std::string text(65536, '\0');
    const ssize_t length = pread(errors_.get(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    return text;
}

std::optional<int> AgentProcess::wait() {
    using namespace std::chrono_literals;
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < deadline) {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
            constexpr int largest_code_of_ours = 3;
            if (code < 0 || code > largest_code_of_ours) std::cerr << errors();
            return code;
        }
        std::this_thread::sleep_for(5ms);
    }
    return std::nullopt;
}

}  // namespace leaklens::tests
