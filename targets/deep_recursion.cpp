// Ground truth: exercise
// Allocates at the bottom of recursions of different depths: 60 frames, which a stack must hold
// whole, and 200, of which the root's side may be cut, and counted as such.
#include <cstddef>

#include "pace.h"

namespace {

struct Leaf {
    unsigned depth;
    char name[60];
};

[[gnu::noinline]] Leaf* make_leaf(unsigned depth) {
    Leaf* leaf = new Leaf{depth, {}};  // LEAK
    pace_leaked(sizeof *leaf);
    return leaf;
}

// The additions after the calls keep them from becoming jumps.
[[gnu::noinline, gnu::optimize("no-optimize-sibling-calls")]] unsigned descend(unsigned left,
                                                                               unsigned depth) {
    if (left == 0) return make_leaf(depth)->depth;
    return descend(left - 1, depth) + 1;
}

[[gnu::noinline]] unsigned parse_shallow() {
    return descend(55, 55) + 1;
}

[[gnu::noinline]] unsigned parse_deep() {
    return descend(200, 200) + 1;
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 200);
    unsigned number = 0;
    unsigned sum = 0;
    while (pace_next()) {
        sum += number++ % 2 == 0 ? parse_shallow() : parse_deep();
    }
    return sum == 1 ? 1 : pace_finish();
}
