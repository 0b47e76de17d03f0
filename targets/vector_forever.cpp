// Ground truth: leak (60 s)
// A vector that grows geometrically and never stops: a trace that nobody trims. It looks like a few
// steps, each twice as high as the one before, with long flat times between.
#include <string>
#include <vector>

#include "pace.h"

namespace {

struct Event {
    double time;
    unsigned kind;
    unsigned thread;
    char text[16];
};

class Trace {
  public:
    [[gnu::noinline]] void record(unsigned kind) {
        events_.push_back({pace_elapsed(), kind, kind % 4, {}});  // LEAK
        pace_leaked(sizeof(Event));
    }

    [[nodiscard]] std::size_t size() const { return events_.size(); }

  private:
    std::vector<Event> events_;
};

[[gnu::noinline]] std::size_t run_task(Trace& trace, unsigned number) {
    trace.record(number % 9);
    const std::string result = "the result of the task with number " + std::to_string(number);
    trace.record(number % 9 + 100);
    return result.size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 2000);
    Trace trace;
    unsigned number = 0;
    while (pace_next()) {
        run_task(trace, number++);
    }
    return pace_finish();
}
