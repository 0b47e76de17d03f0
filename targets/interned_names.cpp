// Ground truth: silent (warm-up)
// Names are interned and never released: there are only so many different ones, and after a while
// hardly any new one comes.
#include <random>
#include <string>
#include <string_view>
#include <unordered_set>

#include "pace.h"

namespace {

class Names {
  public:
    // Returns the one copy of the name; it lives as long as the process.
    [[gnu::noinline]] std::string_view intern(const std::string& name) {
        return *names_.insert(name).first;
    }

    [[nodiscard]] std::size_t size() const { return names_.size(); }

  private:
    std::unordered_set<std::string> names_;
};

class Traffic {
  public:
    [[gnu::noinline]] std::string next_name() {
        const unsigned long metric = random_() % 3000;
        return "service.backend." + std::to_string(metric % 30) + ".metric." +
               std::to_string(metric);
    }

  private:
    std::minstd_rand random_{43};
};

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    Names names;
    Traffic traffic;
    std::size_t characters = 0;
    while (pace_next()) {
        characters += names.intern(traffic.next_name()).size();
    }
    return pace_finish();
}
