#include "agent/tests/child_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <vector>

#include "agent/fd.h"

namespace leaklens::tests {
namespace {

struct Ends {
    Fd reading;
    Fd writing;
};

Ends make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    return {Fd(ends[0]), Fd(ends[1])};
}

std::string read_to_end(const Fd& fd) {
    std::string text;
    std::array<char, 4096> chunk{};
    while (true) {
        const ssize_t count = read(fd.get(), chunk.data(), chunk.size());
        if (count <= 0) return text;
        text.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace

ChildProcess::ChildProcess(const std::function<std::string()>& body) {
    Ends pipe = make_pipe();
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
        const std::string text = body();
        if (write(pipe.writing.get(), text.data(), text.size()) < 0) _exit(1);
        pipe.writing.reset();
        while (true)
            pause();
    }
    pipe.writing.reset();
    text_ = read_to_end(pipe.reading);
}

ChildProcess::ChildProcess(const std::vector<std::string>& command) {
    std::vector<std::string> words = command;
    std::vector<char*> values;
    for (std::string& word : words)
        values.push_back(word.data());
    values.push_back(nullptr);
    // The pipe closes when the program has started.
    Ends pipe = make_pipe();
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
        execvp(values[0], values.data());
        _exit(127);
    }
    pipe.writing.reset();
    text_ = read_to_end(pipe.reading);
}

ChildProcess::~ChildProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

void ChildProcess::make_zombie() const {
    kill(pid_, SIGKILL);
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
}

}  // namespace leaklens::tests
