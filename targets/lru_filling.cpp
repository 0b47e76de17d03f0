// Ground truth: silent (growing)
// A cache of DNS answers that fills towards its bound during the whole capture. It evicts nothing
// yet, but its growth slows down as more questions are answered from it, and answers that are
// refreshed replace older ones.
#include <list>
#include <random>
#include <string>
#include <unordered_map>

#include "pace.h"

namespace {

struct Answer {
    unsigned name;
    unsigned uses;
    std::string text;
};

class Resolver {
  public:
    explicit Resolver(std::size_t bound) : bound_(bound) { index_.reserve(bound); }

    [[gnu::noinline]] const std::string& resolve(unsigned name) {
        const auto found = index_.find(name);
        if (found == index_.end()) return insert(name);
        order_.splice(order_.begin(), order_, found->second);
        Answer& answer = *found->second;
        // Its time to live is over after some uses.
        if (++answer.uses % 4 == 0) answer.text = ask_upstream(name);
        return answer.text;
    }

  private:
    [[gnu::noinline]] static std::string ask_upstream(unsigned name) {
        return "the address of host number " + std::to_string(name) +
               " in this network is 192.0.2." + std::to_string(name % 256);
    }

    [[gnu::noinline]] const std::string& insert(unsigned name) {
        if (order_.size() >= bound_) {
            index_.erase(order_.back().name);
            order_.pop_back();
        }
        order_.push_front({name, 1, ask_upstream(name)});
        index_.emplace(name, order_.begin());
        return order_.front().text;
    }

    std::list<Answer> order_;
    std::unordered_map<unsigned, std::list<Answer>::iterator> index_;
    std::size_t bound_;
};

// Most questions are about few names: the square of a uniform share.
unsigned popular(std::minstd_rand& random, unsigned names) {
    const double share = static_cast<double>(random() - 1) / 2147483646.0;
    return static_cast<unsigned>(share * share * names);
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    Resolver resolver(50'000);
    std::minstd_rand random{29};
    while (pace_next()) {
        resolver.resolve(popular(random, 80'000));
    }
    return pace_finish();
}
