// Ground truth: exercise
// The allocation-heavy program for the comparison with other tools: maps and strings are built and
// torn down, from some dozens of call paths, and nothing is waited for.
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pace.h"

namespace {

struct Node {
    std::string name;
    std::vector<std::unique_ptr<Node>> children;
};

[[gnu::noinline]] std::unique_ptr<Node> build(unsigned seed, unsigned depth) {
    auto node = std::make_unique<Node>();
    node->name = "a node with a name that is long, number " + std::to_string(seed);
    if (depth == 0) return node;
    for (unsigned i = 0; i < 3; ++i)
        node->children.push_back(build(seed * 3 + i, depth - 1));
    return node;
}

[[gnu::noinline]] void index(const Node& node, std::map<std::string, std::size_t>& names) {
    names[node.name] += node.children.size();
    for (const auto& child : node.children)
        index(*child, names);
}

[[gnu::noinline]] std::size_t work(unsigned seed) {
    const auto tree = build(seed, 4);
    std::map<std::string, std::size_t> names;
    index(*tree, names);
    std::string joined;
    for (const auto& [name, children] : names)
        joined += name;
    return joined.size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 0);
    const double began = pace_elapsed();
    unsigned seed = 1;
    std::size_t characters = 0;
    while (pace_next()) {
        characters += work(seed++ % 1000);
    }
    const double seconds = pace_elapsed() - began;
    std::printf("{\"rounds\":%u,\"characters\":%zu,\"seconds\":%.6f}\n", seed - 1, characters,
                seconds);
    return pace_finish();
}
