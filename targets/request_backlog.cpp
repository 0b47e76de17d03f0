// Ground truth: silent (sawtooth)
// Two threads and a queue between them: the consumer is held up now and then, the queue grows for
// some seconds, and is worked off again.
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "pace.h"

namespace {

struct Request {
    unsigned number;
    std::string body;
};

class Queue {
  public:
    [[gnu::noinline]] void push(std::unique_ptr<Request> request) {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
    }

    [[gnu::noinline]] std::unique_ptr<Request> pop() {
        const std::lock_guard lock(mutex_);
        if (requests_.empty()) return nullptr;
        auto request = std::move(requests_.front());
        requests_.pop_front();
        return request;
    }

  private:
    std::mutex mutex_;
    std::deque<std::unique_ptr<Request>> requests_;
};

// Works off what is there, then rests; in some seconds of every seven it rests for longer.
void consume(Queue& queue) {
    std::size_t characters = 0;
    double rest = 0.02;
    do {
        while (const auto request = queue.pop())
            characters += request->body.size();
        const bool held_up = static_cast<long>(pace_elapsed()) % 7 == 1;
        rest = held_up ? 4 : 0.02;
    } while (pace_sleep(rest));
}

[[gnu::noinline]] std::unique_ptr<Request> receive(unsigned number) {
    auto request = std::make_unique<Request>();
    request->number = number;
    request->body = "the body of the request with the number " + std::to_string(number);
    request->body.append(200, '.');
    return request;
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 800);
    Queue queue;
    std::thread consumer(consume, std::ref(queue));
    unsigned number = 0;
    while (pace_next()) {
        queue.push(receive(number++));
    }
    // The loop ends for both at once, except when it ended by the number of operations.
    consumer.detach();
    std::_Exit(pace_finish());
}
