// Ground truth: silent (cache)
// The last 5,000 lines of a log, each a string of its own: new lines push out old ones once the
// ring is full, which takes some five seconds.
#include <string>
#include <vector>

#include "pace.h"

namespace {

class LogRing {
  public:
    explicit LogRing(std::size_t lines) : lines_(lines) {}

    [[gnu::noinline]] void write(std::string line) {
        lines_[next_ % lines_.size()] = std::move(line);
        ++next_;
    }

    [[nodiscard]] const std::string& last() const { return lines_[(next_ - 1) % lines_.size()]; }

  private:
    std::vector<std::string> lines_;
    std::size_t next_ = 0;
};

[[gnu::noinline]] std::string format(unsigned number) {
    std::string line = "worker " + std::to_string(number % 8) + ": ";
    line += "finished the job with the number " + std::to_string(number);
    line.append(number % 40, '.');
    return line;
}

[[gnu::noinline]] std::size_t work(LogRing& log, unsigned number) {
    log.write(format(number));
    return log.last().size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    LogRing log(5000);
    unsigned number = 0;
    while (pace_next()) {
        work(log, number++);
    }
    return pace_finish();
}
