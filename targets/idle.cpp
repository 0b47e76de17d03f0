// Ground truth: exercise
// Does nothing: what a capture costs while its target sleeps.
#include "pace.h"

int main(int argc, char** argv) {
    pace_start(argc, argv, 0);
    while (pace_sleep(3600)) {
    }
    return pace_finish();
}
