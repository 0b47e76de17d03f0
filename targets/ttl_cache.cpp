// Ground truth: silent (cache)
// A cache whose entries live for four seconds: under churn its oldest entries always go, and after
// the first four seconds as many go as come.
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "pace.h"

namespace {

struct Token {
    std::string user;
    char signature[128];
};

class TokenCache {
  public:
    [[gnu::noinline]] void put(unsigned id) {
        auto token = std::make_shared<Token>();
        token->user = "the user who has the identity number " + std::to_string(id);
        tokens_[id] = token;
        expiries_.push_back({pace_elapsed() + lifetime_seconds, id});
    }

    [[gnu::noinline]] void expire() {
        const double now = pace_elapsed();
        while (!expiries_.empty() && expiries_.front().at < now) {
            tokens_.erase(expiries_.front().id);
            expiries_.pop_front();
        }
    }

    [[nodiscard]] std::shared_ptr<Token> find(unsigned id) const {
        const auto found = tokens_.find(id);
        return found == tokens_.end() ? nullptr : found->second;
    }

  private:
    struct Expiry {
        double at;
        unsigned id;
    };
    static constexpr double lifetime_seconds = 4;

    std::unordered_map<unsigned, std::shared_ptr<Token>> tokens_;
    std::deque<Expiry> expiries_;
};

[[gnu::noinline]] std::size_t sign_in(TokenCache& cache, unsigned id) {
    cache.expire();
    cache.put(id);
    const auto earlier = cache.find(id / 2);
    return earlier == nullptr ? 0 : earlier->user.size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 600);
    TokenCache cache;
    unsigned id = 0;
    while (pace_next()) {
        sign_in(cache, id++);
    }
    return pace_finish();
}
