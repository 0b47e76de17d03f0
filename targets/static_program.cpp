// Ground truth: leak
// Linked statically: there is no libc.so to probe, malloc and its callers are in one executable.
#include <cstring>
#include <string>

#include "pace.h"

namespace {

struct Route {
    Route* next;
    char prefix[40];
};

class Table {
  public:
    // Keeps only the newest route of the list reachable: the one before is lost.
    [[gnu::noinline]] void announce(const std::string& prefix) {
        Route* route = new Route;  // LEAK
        route->next = nullptr;
        std::strncpy(route->prefix, prefix.c_str(), sizeof route->prefix - 1);
        newest_ = route;
        pace_leaked(sizeof *route);
    }

    [[nodiscard]] const Route* newest() const { return newest_; }

  private:
    Route* newest_ = nullptr;
};

// A prefix too long for a short string, so that innocent blocks come and go beside the leak.
[[gnu::noinline]] std::string prefix_of(unsigned number) {
    return "a prefix with a long name: 10." + std::to_string(number % 256) + ".0.0/16";
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 500);
    Table table;
    unsigned number = 0;
    while (pace_next()) {
        table.announce(prefix_of(number++));
    }
    return pace_finish();
}
