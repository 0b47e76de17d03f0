// Ground truth: exercise
/* C: a parent that allocates and counts, and a child that does the same from the same code and
 * pages. A capture of the parent sees the parent only. */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pace.h"

static __attribute__((noinline)) void use_block(size_t bytes) {
    char* volatile block = malloc(bytes);
    if (block == NULL) abort();
    block[0] = 1;
    free(block);
}

static __attribute__((noinline)) void parent_step(unsigned number) {
    size_t bytes = 32 + number % 64;
    use_block(bytes);
    pace_allocated(bytes);
    pace_freed(bytes);
}

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
        /* Never outlives the parent, however that ends. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (pace_next())
            use_block(1000);
        _exit(0);
    }
    unsigned number = 0;
    while (pace_next())
        parent_step(number++);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return pace_finish();
}
