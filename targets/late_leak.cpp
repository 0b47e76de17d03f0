// Ground truth: leak
// A leak that starts half way (--onset): a circuit breaker opens, and from then on each refused
// call keeps its context. Before that the same line's blocks are all released.
#include <memory>
#include <string>

#include "pace.h"

namespace {

struct CallContext {
    unsigned call;
    bool refused;
    char trace[240];
};

class Breaker {
  public:
    [[nodiscard]] bool open() const { return pace_past_onset(); }
};

[[gnu::noinline]] CallContext* begin_call(unsigned call) {
    auto* context = new CallContext{call, false, {}};  // LEAK
    return context;
}

[[gnu::noinline]] void end_call(CallContext* context) {
    // Refused calls should be retried later, and nobody does.
    if (context->refused) {
        pace_leaked(sizeof *context);
        return;
    }
    delete context;
}

[[gnu::noinline]] std::size_t remote_call(const Breaker& breaker, unsigned call) {
    CallContext* context = begin_call(call);
    const std::string answer = "the remote side's answer to call " + std::to_string(call);
    context->refused = breaker.open() && call % 2 == 0;
    end_call(context);
    return answer.size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    const Breaker breaker;
    unsigned call = 0;
    while (pace_next()) {
        remote_call(breaker, call++);
    }
    return pace_finish();
}
