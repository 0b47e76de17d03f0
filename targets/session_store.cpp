// Ground truth: silent (growing)
// Sessions that live for a quarter of an hour: longer than most captures. Nothing is released while
// somebody looks, but users who come back replace their session, and it expires in the end.
#include <memory>
#include <random>
#include <string>
#include <unordered_map>

#include "pace.h"

namespace {

struct Session {
    double expires;
    std::string user;
    char state[300];
};

class Store {
  public:
    [[gnu::noinline]] void sign_in(unsigned user) {
        auto session = std::make_unique<Session>();
        session->expires = pace_elapsed() + lifetime_seconds;
        session->user = "the user who has the customer number " + std::to_string(user);
        sessions_[user] = std::move(session);
    }

    // Called now and then: forgets what has expired.
    [[gnu::noinline]] void sweep() {
        const double now = pace_elapsed();
        std::erase_if(sessions_, [now](const auto& entry) { return entry.second->expires < now; });
    }

  private:
    static constexpr double lifetime_seconds = 900;
    std::unordered_map<unsigned, std::unique_ptr<Session>> sessions_;
};

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 300);
    Store store;
    std::minstd_rand random{53};
    unsigned count = 0;
    while (pace_next()) {
        store.sign_in(static_cast<unsigned>(random() % 20'000));
        if (++count % 3000 == 0) store.sweep();
    }
    return pace_finish();
}
