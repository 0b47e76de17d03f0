// Ground truth: leak
// Filters are deleted through a base class without a virtual destructor: the object itself is
// released, what it owns is not. The line to blame is where the member takes its memory.
#include <array>
#include <memory>
#include <vector>

#include "pace.h"

namespace {

class Filter {
  public:
    // Not virtual: this is the fault.
    ~Filter() = default;
    virtual double apply(double value) = 0;
};

class Gain final : public Filter {
  public:
    explicit Gain(double factor) : factor_(factor) {}
    double apply(double value) override { return value * factor_; }

  private:
    double factor_;
};

class MovingAverage final : public Filter {
  public:
    explicit MovingAverage(std::size_t width) {
        window_.resize(width);  // LEAK
    }
    double apply(double value) override {
        window_[next_++ % window_.size()] = value;
        double sum = 0;
        for (const double sample : window_)
            sum += sample;
        return sum / static_cast<double>(window_.size());
    }

  private:
    std::vector<double> window_;
    std::size_t next_ = 0;
};

[[gnu::noinline]] std::unique_ptr<Filter> make_filter(unsigned request) {
    if (request % 3 == 0) {
        pace_leaked(40 * sizeof(double));
        return std::make_unique<MovingAverage>(40);
    }
    return std::make_unique<Gain>(1.5);
}

[[gnu::noinline]] double filter(unsigned request) {
    const std::unique_ptr<Filter> filter = make_filter(request);
    double sum = 0;
    for (int i = 0; i < 8; ++i)
        sum += filter->apply(i);
    return sum;
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 900);
    unsigned request = 0;
    while (pace_next()) {
        filter(request++);
    }
    return pace_finish();
}
