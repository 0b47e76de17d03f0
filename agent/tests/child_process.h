// A forked copy of the test that runs one function: for what changes a process for good, and for
// targets that must be alive, dead or strange.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace leaklens::tests {

class ChildProcess {
  public:
    // Runs `body` in a child, which then waits until it is killed. Returns once `body` is done.
    // What `body` returns is text for the test to look at.
    explicit ChildProcess(const std::function<std::string()>& body);
    // Runs a program that is found in PATH.
    explicit ChildProcess(const std::vector<std::string>& command);
    // Kills and reaps it.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    // Kills it, and leaves it unreaped: a zombie.
    void make_zombie() const;

  private:
    pid_t pid_ = -1;
    std::string text_;
};

}  // namespace leaklens::tests
