// Ground truth: exercise
// Leaks until --onset, and then becomes another program under the same PID: what a capture knew of
// its addresses is void from then on.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "pace.h"

namespace {

struct Job {
    unsigned number;
    char arguments[120];
};

// Each job replaces the one before; volatile, or the compiler would drop them all.
Job* volatile newest_job = nullptr;

[[gnu::noinline]] void enqueue(unsigned number) {
    newest_job = new Job{number, {}};  // LEAK
    pace_leaked(sizeof(Job));
}

[[gnu::noinline]] std::size_t schedule(unsigned number) {
    const std::string name = "the job that has the number " + std::to_string(number);
    enqueue(number);
    return name.size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 500);
    unsigned number = 0;
    while (pace_next()) {
        schedule(number++);
        if (!pace_past_onset()) continue;
        execl("/bin/sleep", "sleep", "60", nullptr);
        std::perror("exec_midway: /bin/sleep");
        return 1;
    }
    return pace_finish();
}
