// Ground truth: silent (cache)
// Each of eight threads keeps the blocks that it releases for its own next use, up to a bound. The
// threads work at different speeds, so their caches reach the bound one after another.
#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "pace.h"

namespace {

struct Block {
    char bytes[512];
};

class BlockCache {
  public:
    [[gnu::noinline]] std::unique_ptr<Block> take() {
        if (kept_.empty()) return std::make_unique<Block>();
        auto block = std::move(kept_.back());
        kept_.pop_back();
        return block;
    }

    [[gnu::noinline]] void give(std::unique_ptr<Block> block) {
        if (kept_.size() < bound) kept_.push_back(std::move(block));
    }

  private:
    static constexpr std::size_t bound = 200;
    std::vector<std::unique_ptr<Block>> kept_;
};

thread_local BlockCache cache;

// Holds more and more blocks at once, up to 260, then lets all go: the cache keeps 200 of them.
[[gnu::noinline]] std::size_t run_job(std::size_t blocks) {
    std::vector<std::unique_ptr<Block>> held;
    for (std::size_t i = 0; i < blocks; ++i)
        held.push_back(cache.take());
    const std::string name = "a job that holds blocks, in number " + std::to_string(held.size());
    for (auto& block : held)
        cache.give(std::move(block));
    return name.size();
}

void work(unsigned worker) {
    unsigned job = 0;
    while (pace_next()) {
        if (job++ % 8 > worker) continue;
        run_job(10 + job / 2 % 250);
    }
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 50);
    std::array<std::thread, 8> threads;
    for (unsigned i = 0; i < threads.size(); ++i)
        threads[i] = std::thread(work, i);
    for (auto& thread : threads)
        thread.join();
    return pace_finish();
}
