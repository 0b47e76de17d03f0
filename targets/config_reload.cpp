// Ground truth: silent (steady)
// A configuration that is read anew every two seconds: the new one is built beside the old one,
// which goes when its last reader is done. For a moment there are two.
#include <map>
#include <memory>
#include <string>

#include "pace.h"

namespace {

class Config {
  public:
    explicit Config(unsigned generation) {
        for (unsigned i = 0; i < 400; ++i) {
            values_["section." + std::to_string(i % 20) + ".setting." + std::to_string(i)] =
                "the value in generation number " + std::to_string(generation);
        }
    }

    [[nodiscard]] const std::string& value(unsigned i) const {
        return values_.at("section." + std::to_string(i % 20) + ".setting." + std::to_string(i));
    }

  private:
    std::map<std::string, std::string> values_;
};

class Service {
  public:
    [[gnu::noinline]] std::size_t serve(unsigned request) {
        const std::shared_ptr<const Config> config = config_;
        return config->value(request % 400).size();
    }

    [[gnu::noinline]] void reload() { config_ = std::make_shared<const Config>(++generation_); }

  private:
    unsigned generation_ = 0;
    std::shared_ptr<const Config> config_ = std::make_shared<const Config>(0U);
};

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 500);
    Service service;
    double reloaded = 0;
    unsigned request = 0;
    while (pace_next()) {
        service.serve(request++);
        if (pace_elapsed() - reloaded > 2) {
            service.reload();
            reloaded = pace_elapsed();
        }
    }
    return pace_finish();
}
