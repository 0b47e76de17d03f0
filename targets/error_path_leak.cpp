// Ground truth: leak
// A server whose replies are released on the way that works, and forgotten on the way that fails:
// an early return between the `new` and the `delete`. One request in four is malformed.
#include <cstdio>
#include <cstring>
#include <random>

#include "pace.h"

namespace {

struct Request {
    char path[48];
    int body_length;
};

struct Reply {
    int status;
    char body[220];
};

// What a client sends; a negative length is the malformed case.
class Client {
  public:
    Request next() {
        Request request{};
        const unsigned item = random_() % 1000;
        std::snprintf(request.path, sizeof request.path, "/items/%u", item);
        request.body_length = item % 4 == 0 ? -1 : static_cast<int>(item % 200);
        return request;
    }

  private:
    std::minstd_rand random_{20240601};
};

bool well_formed(const Request& request) {
    return request.body_length >= 0;
}

[[gnu::noinline]] int render(const Request& request, Reply& reply) {
    reply.status = 200;
    std::memset(reply.body, ' ', static_cast<std::size_t>(request.body_length));
    return std::snprintf(reply.body, sizeof reply.body, "got %s", request.path);
}

[[gnu::noinline]] int handle(const Request& request) {
    Reply* reply = new Reply;  // LEAK
    if (!well_formed(request)) {
        pace_leaked(sizeof *reply);
        return 400;
    }
    render(request, *reply);
    const int status = reply->status;
    delete reply;
    return status;
}

class Session {
  public:
    [[gnu::noinline]] void serve(Client& client) {
        const Request request = client.next();
        if (handle(request) == 400) {
            ++refused_;
        } else {
            ++served_;
        }
    }

  private:
    unsigned served_ = 0;
    unsigned refused_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 1000);
    Client client;
    Session session;
    while (pace_next()) {
        session.serve(client);
    }
    return pace_finish();
}
