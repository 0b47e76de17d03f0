// Ground truth: exercise
// Sixty-four threads that allocate and count what they do: half of them run before a capture can
// begin and wait at the gate, half are started while it runs. Allocations go straight to malloc, so
// that the program's own count is exact but for what starting a thread takes.
#include <cstdlib>
#include <cstring>
#include <latch>
#include <thread>
#include <vector>

#include "pace.h"

namespace {

constexpr unsigned early_threads = 32;
constexpr unsigned late_threads = 32;

// Held blocks are released out of order, by index.
class Holder {
  public:
    [[gnu::noinline]] void replace(unsigned slot, std::size_t bytes) {
        Block& block = blocks_[slot % slots];
        release(block);
        block.address = std::malloc(bytes);
        block.bytes = bytes;
        if (block.address == nullptr) std::abort();
        std::memset(block.address, 1, bytes);
        pace_allocated(bytes);
    }

    // Forgets a block instead of releasing it.
    void lose(unsigned slot) {
        Block& block = blocks_[slot % slots];
        if (block.address == nullptr) return;
        pace_leaked(block.bytes);
        block = {};
    }

    [[gnu::noinline]] void release_all() {
        for (Block& block : blocks_)
            release(block);
    }

  private:
    struct Block {
        void* address = nullptr;
        std::size_t bytes = 0;
    };

    static void release(Block& block) {
        if (block.address == nullptr) return;
        std::free(block.address);
        pace_freed(block.bytes);
        block = {};
    }

    static constexpr unsigned slots = 64;
    Block blocks_[slots];
};

void work(unsigned worker) {
    Holder holder;
    unsigned number = worker;
    while (pace_next()) {
        number = number * 1103515245 + 12345;
        const unsigned slot = number >> 16;
        if (number % 100 == 0) holder.lose(slot);
        holder.replace(slot, 16 + (number >> 8) % 1000);
    }
    holder.release_all();
}

}  // namespace

int main(int argc, char** argv) {
    std::latch opened(1);
    std::vector<std::thread> threads;
    threads.reserve(early_threads + late_threads);
    for (unsigned i = 0; i < early_threads; ++i) {
        threads.emplace_back([&opened, i] {
            opened.wait();
            work(i);
        });
    }
    pace_start(argc, argv, 200);
    opened.count_down();
    for (unsigned i = 0; i < late_threads; ++i)
        threads.emplace_back(work, early_threads + i);
    for (std::thread& thread : threads)
        thread.join();
    return pace_finish();
}
