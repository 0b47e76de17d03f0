// Ground truth: silent (steady)
// The process grows, and no line leaks: long-lived small blocks between large short-lived ones keep
// the allocator from giving pages back, while the blocks in use stay as many as they were.
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "pace.h"

namespace {

struct Image {
    std::vector<char> pixels;
};

class Gallery {
  public:
    explicit Gallery(std::size_t labels) : labels_(labels) {}

    // Decodes images of ever different sizes, and keeps a short label that replaces an old one.
    [[gnu::noinline]] void visit(unsigned number) {
        std::vector<Image> page(8);
        for (Image& image : page) {
            image.pixels.resize(500 + random_() % 6000);
            relabel(number + static_cast<unsigned>(image.pixels.size()));
        }
    }

  private:
    [[gnu::noinline]] void relabel(unsigned number) {
        auto& label = labels_[random_() % labels_.size()];
        label = std::make_unique<std::string>(20 + number % 40, '#');
    }

    std::vector<std::unique_ptr<std::string>> labels_;
    std::minstd_rand random_{47};
};

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 150);
    Gallery gallery(1000);
    // The labels are there before anybody looks.
    for (unsigned number = 0; number < 2000; ++number)
        gallery.visit(number);
    unsigned number = 0;
    while (pace_next()) {
        gallery.visit(number++);
    }
    return pace_finish();
}
