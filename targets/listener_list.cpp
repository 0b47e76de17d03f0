// Ground truth: leak
// A forgotten listener: each session subscribes to price changes and never unsubscribes, so the
// subject's list only grows. Nothing is lost in the sense of a leak checker: all is reachable.
#include <list>
#include <memory>
#include <string>

#include "pace.h"

namespace {

struct Listener {
    unsigned session;
    unsigned instrument;
    double last_seen;
    char tag[32];
};

class PriceFeed {
  public:
    void subscribe(unsigned session, unsigned instrument) {
        Listener listener{session, instrument, 0, {}};
        listeners_.push_back(listener);  // LEAK
        pace_leaked(sizeof(Listener) + 2 * sizeof(void*));
    }

    // Publishing walks only the newest listeners, or the program would slow down as it grows.
    [[gnu::noinline]] void publish(double price) {
        int budget = 16;
        for (auto at = listeners_.rbegin(); at != listeners_.rend() && budget-- > 0; ++at) {
            at->last_seen = price;
        }
    }

  private:
    std::list<Listener> listeners_;
};

class Session {
  public:
    Session(PriceFeed& feed, unsigned id) : id_(id), name_("session of customer number ") {
        name_ += std::to_string(id);
        feed.subscribe(id_, id_ % 50);
    }
    // The missing line is here: nothing is unsubscribed.
    ~Session() = default;

    [[gnu::noinline]] std::string quote(double price) const {
        return name_ + " sees " + std::to_string(price);
    }

  private:
    unsigned id_;
    std::string name_;
};

[[gnu::noinline]] std::size_t serve(PriceFeed& feed, unsigned id) {
    const auto session = std::make_unique<Session>(feed, id);
    feed.publish(100 + id % 7);
    return session->quote(100 + id % 7).size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 500);
    PriceFeed feed;
    unsigned id = 0;
    while (pace_next()) {
        serve(feed, id++);
    }
    return pace_finish();
}
