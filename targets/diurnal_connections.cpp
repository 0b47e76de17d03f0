// Ground truth: silent (sawtooth)
// Connections come and go, and how many are open follows the time of day; a day takes 16 seconds
// here. A capture that begins in the morning sees nothing but growth for a while.
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "pace.h"

namespace {

struct Connection {
    unsigned id;
    std::string peer;
    std::vector<char> receive_buffer;
};

class Server {
  public:
    [[gnu::noinline]] void accept(unsigned id) {
        auto connection = std::make_unique<Connection>();
        connection->id = id;
        connection->peer = "a peer far away with the number " + std::to_string(id);
        connection->receive_buffer.resize(1500);
        open_.push_back(std::move(connection));
    }

    [[gnu::noinline]] void close_any() {
        const std::size_t victim = random_() % open_.size();
        open_[victim] = std::move(open_.back());
        open_.pop_back();
    }

    [[nodiscard]] std::size_t connections() const { return open_.size(); }

  private:
    std::vector<std::unique_ptr<Connection>> open_;
    std::minstd_rand random_{37};
};

// Connections that the time of day calls for: between 200 and 3,000.
std::size_t demand(double seconds) {
    constexpr double day_seconds = 16;
    constexpr double pi = 3.14159265358979;
    const double share = 0.5 - 0.5 * std::cos(2 * pi * seconds / day_seconds);
    return static_cast<std::size_t>(200 + 2800 * share);
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 2000);
    Server server;
    unsigned id = 0;
    while (pace_next()) {
        // Some come and go at any hour.
        server.accept(id++);
        while (server.connections() > demand(pace_elapsed()))
            server.close_any();
    }
    return pace_finish();
}
