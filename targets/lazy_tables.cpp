// Ground truth: silent (warm-up)
// Tables that are built when they are first asked for: common ones at once, rare ones after a
// while, each once. All that is ever built stays, and there are 600 of them.
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "pace.h"

namespace {

class Collation {
  public:
    explicit Collation(unsigned language) : weights_(1024) {
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            weights_[i] = static_cast<unsigned short>(i * (language + 1));
        }
    }
    [[nodiscard]] unsigned weight(unsigned character) const { return weights_[character % 1024]; }

  private:
    std::vector<unsigned short> weights_;
};

class Collations {
  public:
    [[gnu::noinline]] const Collation& get(unsigned language) {
        auto& slot = tables_[language];
        if (slot == nullptr) slot = std::make_unique<Collation>(language);
        return *slot;
    }

    static constexpr unsigned languages = 600;

  private:
    std::array<std::unique_ptr<Collation>, languages> tables_;
};

[[gnu::noinline]] unsigned sort_key(Collations& collations, unsigned language, unsigned number) {
    const Collation& collation = collations.get(language);
    const std::string word = "a word of the language with the number " + std::to_string(number);
    unsigned key = 0;
    for (const char letter : word)
        key = key * 31 + collation.weight(static_cast<unsigned>(letter));
    return key;
}

// Rare languages are a hundred times rarer than common ones.
unsigned pick_language(std::minstd_rand& random) {
    const bool rare = random() % 3 == 0;
    return static_cast<unsigned>(rare ? random() % Collations::languages : random() % 40);
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    Collations collations;
    std::minstd_rand random{41};
    unsigned number = 0;
    while (pace_next()) {
        sort_key(collations, pick_language(random), number++);
    }
    return pace_finish();
}
