// Ground truth: leak
// Detached threads that wait for an answer that never comes. Each holds its stack, the state with
// which it was started, and its own buffer.
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "pace.h"

namespace {

class Mailbox {
  public:
    // Returns when an answer is there; no answer ever is.
    void wait_for_answer() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return answered_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool answered_ = false;
};

// Outlives every thread, and so is never destroyed while one waits on it.
Mailbox& mailbox() {
    static Mailbox instance;
    return instance;
}

void ask(unsigned question) {
    const auto buffer = std::make_unique<char[]>(2048);  // LEAK
    std::memset(buffer.get(), static_cast<int>(question), 2048);
    pace_leaked(2048);
    mailbox().wait_for_answer();
}

[[gnu::noinline]] void ask_in_background(unsigned question) {
    std::thread(ask, question).detach();  // LEAK
}

[[gnu::noinline]] std::size_t log_question(unsigned question) {
    const std::string line = "somebody asked the question with number " + std::to_string(question);
    return line.size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 8);
    unsigned question = 0;
    while (pace_next()) {
        log_question(question);
        ask_in_background(question++);
    }
    // The threads still wait: leave without running destructors that they depend on.
    std::_Exit(pace_finish());
}
