// Ground truth: silent (warm-up)
// A pool of connections that never gives memory back: it makes a new one only when all are busy, so
// it grows to the highest number that were ever needed at once, and stays there.
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "pace.h"

namespace {

struct Connection {
    char buffer[2000];
    unsigned uses;
};

class Pool {
  public:
    [[gnu::noinline]] Connection* acquire() {
        if (idle_.empty()) {
            all_.push_back(std::make_unique<Connection>());
            return all_.back().get();
        }
        Connection* connection = idle_.back();
        idle_.pop_back();
        ++connection->uses;
        return connection;
    }

    void release(Connection* connection) { idle_.push_back(connection); }

  private:
    std::vector<std::unique_ptr<Connection>> all_;
    std::vector<Connection*> idle_;
};

class Clients {
  public:
    // Each client holds a connection for a while; how many do at once goes up and down.
    [[gnu::noinline]] void step(Pool& pool) {
        const bool join = busy_.empty() || (busy_.size() < 400 && random_() % 100 < 52);
        if (join) {
            busy_.push_back(pool.acquire());
            return;
        }
        const std::size_t leaving = random_() % busy_.size();
        const std::string farewell = "client number " + std::to_string(leaving) + " has left now";
        pool.release(busy_[leaving]);
        busy_[leaving] = busy_.back();
        busy_.pop_back();
        characters_ += farewell.size();
    }

  private:
    std::minstd_rand random_{31};
    std::vector<Connection*> busy_;
    std::size_t characters_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 2000);
    Pool pool;
    Clients clients;
    while (pace_next()) {
        clients.step(pool);
    }
    return pace_finish();
}
