// Ground truth: exercise
// Pairs of malloc and free from 1,024 different call stacks: ten levels, each entered from one of
// two call sites.
#include <cstdlib>

#include "pace.h"

namespace {

[[gnu::noinline]] void use_block(unsigned path) {
    void* block = std::malloc(32 + path % 100);
    // Keeps the compiler from dropping the pair.
    asm volatile("" : "+r"(block) : : "memory");
    std::free(block);
}

template <int Level>
[[gnu::noinline]] void descend(unsigned path) {
    if constexpr (Level == 0) {
        use_block(path);
    } else if ((path & (1U << (Level - 1))) != 0) {
        descend<Level - 1>(path);
        asm volatile("# keeps the call from becoming a jump, and the two sites apart: left");
    } else {
        descend<Level - 1>(path);
        asm volatile("# keeps the call from becoming a jump, and the two sites apart: right");
    }
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 20'000);
    unsigned number = 0;
    while (pace_next()) {
        descend<10>(number++ % 1024);
    }
    return pace_finish();
}
