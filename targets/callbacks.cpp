// Ground truth: exercise
// Leaks below library code that was built without frame pointers and calls back: sort's comparator
// (a template, in this file's own code), qsort's and a thread's start (in libc and libstdc++), and
// a std::function. Each stack has to pass through the library to main or to the thread's start.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "pace.h"

namespace {

struct Note {
    unsigned origin;
    char text[76];
};

// Each note replaces the one before; volatile, or the compiler would drop them all.
Note* volatile last_note = nullptr;

struct Item {
    unsigned key;
};

[[gnu::noinline]] bool compare_items(const Item& a, const Item& b) {
    if (a.key == 7 || b.key == 7) {
        last_note = new Note{1, {}};  // LEAK
        pace_leaked(sizeof(Note));
    }
    return a.key < b.key;
}

int compare_for_libc(const void* a, const void* b) {
    const unsigned left = static_cast<const Item*>(a)->key;
    const unsigned right = static_cast<const Item*>(b)->key;
    if (left == 7 || right == 7) {
        last_note = new Note{2, {}};  // LEAK
        pace_leaked(sizeof(Note));
    }
    return left < right ? -1 : static_cast<int>(left > right);
}

[[gnu::noinline]] void visit(const std::vector<Item>& items,
                             const std::function<void(const Item&)>& action) {
    for (const Item& item : items)
        action(item);
}

void in_thread(unsigned number) {
    last_note = new Note{number, {}};  // LEAK
    pace_leaked(sizeof(Note));
}

std::vector<Item> shuffled(unsigned seed) {
    std::vector<Item> items(16);
    for (unsigned i = 0; i < items.size(); ++i)
        items[i].key = (i * 7 + seed) % 16;
    return items;
}

[[gnu::noinline]] void round_of(unsigned number) {
    std::vector<Item> items = shuffled(number);
    std::sort(items.begin(), items.end(), compare_items);
    items = shuffled(number + 1);
    std::qsort(items.data(), items.size(), sizeof(Item), compare_for_libc);
    visit(items, [number](const Item& item) {
        if (item.key != number % 16) return;
        last_note = new Note{3, {}};  // LEAK
        pace_leaked(sizeof(Note));
    });
    std::thread(in_thread, number).join();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 100);
    unsigned number = 0;
    while (pace_next()) {
        round_of(number++);
    }
    return pace_finish();
}
