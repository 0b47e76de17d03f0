// Ground truth: exercise
// The tight loop for the benchmark: nothing but pairs of malloc and free of one size. With --rate 0
// it goes as fast as it can, and counts its pairs.
#include <cstdio>
#include <cstdlib>

#include "pace.h"

namespace {

// A clock read for each pair would be part of what is measured: one for each thousand is not.
constexpr unsigned pairs_per_look = 1000;

[[gnu::noinline]] void use_blocks(unsigned pairs) {
    for (unsigned i = 0; i < pairs; ++i) {
        void* block = std::malloc(64);
        // Keeps the compiler from dropping the pair.
        asm volatile("" : "+r"(block) : : "memory");
        std::free(block);
    }
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 0);
    unsigned long long pairs = 0;
    const double began = pace_elapsed();
    while (pace_next()) {
        use_blocks(pairs_per_look);
        pairs += pairs_per_look;
    }
    const double seconds = pace_elapsed() - began;
    std::printf("{\"pairs\":%llu,\"seconds\":%.6f}\n", pairs, seconds);
    return pace_finish();
}
