// Ground truth: exercise
// Allocates in a signal handler that interrupts a computation anywhere: the stack leads from the
// handler through the kernel's signal frame into a function at an arbitrary instruction. The
// computation itself never allocates, for malloc may not be interrupted by itself.
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "pace.h"

namespace {

struct Snapshot {
    unsigned number;
    char registers[140];
};

volatile unsigned interrupts = 0;

[[gnu::noinline]] Snapshot* take_snapshot() {
    auto* snapshot = new Snapshot{interrupts, {}};  // LEAK
    pace_leaked(sizeof *snapshot);
    return snapshot;
}

void on_profile_timer(int) {
    interrupts = take_snapshot()->number + 1;
}

// Long enough to be interrupted most of the time; the result depends on every step.
[[gnu::noinline]] unsigned compute(unsigned seed) {
    for (unsigned i = 0; i < 100'000; ++i)
        seed = seed * 1664525 + 1013904223 + (seed >> 16);
    return seed;
}

// Fires `per_second` times a second of processor time.
void start_timer(long per_second) {
    struct sigaction action {};
    action.sa_handler = on_profile_timer;
    action.sa_flags = SA_RESTART;
    sigaction(SIGPROF, &action, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGPROF;
    timer_t timer{};
    const long period = 1'000'000'000 / per_second;
    const itimerspec spec{{0, period}, {0, period}};
    if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0 ||
        timer_settime(timer, 0, &spec, nullptr) != 0) {
        std::abort();
    }
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 2000);
    start_timer(100);
    unsigned seed = 1;
    while (pace_next()) {
        seed = compute(seed);
    }
    return seed == 0 ? 1 : pace_finish();
}
