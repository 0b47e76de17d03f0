// Ground truth: leak
// Memory that is released only at exit: a checker that runs at exit finds nothing wrong, and the
// process has grown all its life.
#include <forward_list>
#include <string>

#include "pace.h"

namespace {

struct Measurement {
    double values[24];
};

class Archive {
  public:
    [[gnu::noinline]] void keep(double first) {
        measurements_.push_front({{first}});  // LEAK
        pace_leaked(sizeof(Measurement) + sizeof(void*));
    }

  private:
    std::forward_list<Measurement> measurements_;
};

[[gnu::noinline]] double measure(Archive& archive, unsigned number) {
    const std::string label = "a measurement of the sensor number " + std::to_string(number % 12);
    archive.keep(static_cast<double>(label.size()));
    return static_cast<double>(number);
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 700);
    Archive archive;
    unsigned number = 0;
    while (pace_next()) {
        measure(archive, number++);
    }
    return pace_finish();
}
