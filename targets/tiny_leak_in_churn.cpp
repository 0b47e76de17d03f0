// Ground truth: leak
// A leak of 10 B/s beside some 10 MB/s of innocent churn: one small record for each 4,000 messages.
// The churn's own lines go up and down by far more than the leak grows.
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "pace.h"

namespace {

struct AuditRecord {
    unsigned message;
    unsigned reason;
};

class Audit {
  public:
    // Only the newest record is ever written out, and none is released.
    [[gnu::noinline]] void note(unsigned message, unsigned reason) {
        auto* record = new AuditRecord{message, reason};  // LEAK
        newest_ = record;
        pace_leaked(sizeof *record);
    }

  private:
    AuditRecord* newest_ = nullptr;
};

struct Message {
    unsigned number;
    std::vector<char> payload;
};

class Broker {
  public:
    // Holds a few hundred messages, more or less of them, as a queue does.
    [[gnu::noinline]] void accept(unsigned number, std::size_t size) {
        auto message = std::make_unique<Message>();
        message->number = number;
        message->payload.resize(size);
        queue_.push_back(std::move(message));
    }

    [[gnu::noinline]] void deliver(std::size_t keep) {
        while (queue_.size() > keep)
            queue_.pop_front();
    }

  private:
    std::deque<std::unique_ptr<Message>> queue_;
};

constexpr unsigned messages_per_record = 4000;

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 5000);
    std::minstd_rand random{17};
    Broker broker;
    Audit audit;
    unsigned number = 0;
    std::size_t keep = 300;
    while (pace_next()) {
        broker.accept(number, 1000 + random() % 2000);
        if (number % 500 == 0) keep = 100 + random() % 400;
        broker.deliver(keep);
        if (number % messages_per_record == messages_per_record / 2) audit.note(number, 4);
        ++number;
    }
    return pace_finish();
}
