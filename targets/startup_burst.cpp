// Ground truth: silent (warm-up)
// A service that loads its catalogue during its first three seconds and then only serves from it.
// For those seconds the slope is that of a leak.
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "pace.h"

namespace {

struct Product {
    unsigned id;
    double price;
    std::string title;
    std::vector<unsigned> related;
};

class Catalogue {
  public:
    [[gnu::noinline]] void load(unsigned id) {
        auto product = std::make_unique<Product>();
        product->id = id;
        product->price = 1 + id % 300;
        product->title = "a product with a rather long title, number " + std::to_string(id);
        for (unsigned i = 1; i <= 20; ++i)
            product->related.push_back((id + i) % loaded_target);
        products_[id] = std::move(product);
    }

    [[nodiscard]] bool complete() const { return products_.size() >= loaded_target; }
    [[nodiscard]] const Product& find(unsigned id) const { return *products_.at(id); }
    static constexpr unsigned loaded_target = 15000;

  private:
    std::unordered_map<unsigned, std::unique_ptr<Product>> products_;
};

// Each answer is built and dropped again.
[[gnu::noinline]] std::size_t serve(const Catalogue& catalogue, unsigned id) {
    const Product& product = catalogue.find(id);
    std::vector<std::string> lines;
    lines.push_back(product.title);
    for (std::size_t i = 0; i < 3; ++i) {
        lines.push_back("see also: " + catalogue.find(product.related[i]).title);
    }
    return lines.size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    Catalogue catalogue;
    std::minstd_rand random{3};
    for (unsigned id = 0; !catalogue.complete(); ++id) {
        catalogue.load(id);
        if (id % 50 == 0 && !pace_sleep(0.01)) return pace_finish();
    }
    while (pace_next()) {
        serve(catalogue, static_cast<unsigned>(random() % Catalogue::loaded_target));
    }
    return pace_finish();
}
