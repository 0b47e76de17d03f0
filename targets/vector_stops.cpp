// Ground truth: silent (warm-up)
// A vector that grows geometrically while a survey is running (--onset ends it), and is only read
// from then on. Until it stops it looks as vector_forever does.
#include <algorithm>
#include <string>
#include <vector>

#include "pace.h"

namespace {

struct Sample {
    double east;
    double north;
    double height;
};

class Survey {
  public:
    [[gnu::noinline]] void add(unsigned number) {
        const double at = number;
        samples_.push_back({at * 0.5, at * 0.25, static_cast<double>(number % 100)});
    }

    [[gnu::noinline]] std::string describe(unsigned around) const {
        const std::size_t end = std::min<std::size_t>(samples_.size(), around % 1000 + 50);
        double highest = 0;
        for (std::size_t i = end > 50 ? end - 50 : 0; i < end; ++i) {
            highest = std::max(highest, samples_[i].height);
        }
        return "the highest point around here is at " + std::to_string(highest) + " metres";
    }

  private:
    std::vector<Sample> samples_;
};

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 2000);
    Survey survey;
    std::size_t characters = 0;
    unsigned number = 0;
    while (pace_next()) {
        if (!pace_past_onset()) survey.add(number);
        characters += survey.describe(number++).size();
    }
    return pace_finish();
}
