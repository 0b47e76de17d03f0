// Ground truth: leak
// Two leaks at once, of different sizes and rates, in different layers of one mail server. Both
// are to be blamed, each on its own line.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "pace.h"

namespace {

struct Attachment {
    std::size_t size;
    char bytes[900];
};

struct Envelope {
    unsigned id;
    char sender[60];
};

class Spool {
  public:
    // Keeps an envelope for a delivery report that is never sent.
    [[gnu::noinline]] void accept(unsigned id, const std::string& sender) {
        auto* envelope = new Envelope{};  // LEAK
        envelope->id = id;
        std::strncpy(envelope->sender, sender.c_str(), sizeof envelope->sender - 1);
        last_ = envelope;
        pace_leaked(sizeof *envelope);
    }

    [[nodiscard]] unsigned last() const { return last_ == nullptr ? 0 : last_->id; }

  private:
    Envelope* last_ = nullptr;
};

// Returns nothing for an attachment that is refused, and forgets it.
[[gnu::noinline]] Attachment* decode(const std::string& body) {
    auto* attachment = new Attachment;  // LEAK
    attachment->size = body.size();
    if (body.size() % 10 == 0) {
        pace_leaked(sizeof *attachment);
        return nullptr;
    }
    std::memcpy(attachment->bytes, body.data(), body.size());
    return attachment;
}

[[gnu::noinline]] std::size_t receive(Spool& spool, unsigned id) {
    const std::string sender = "somebody with a long name <user" + std::to_string(id) + "@example>";
    spool.accept(id, sender);
    std::vector<std::unique_ptr<Attachment>> attachments;
    for (unsigned part = 0; part < 3; ++part) {
        attachments.emplace_back(decode(std::string(100 + (id + part) % 50, '.')));
    }
    return attachments.size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 300);
    Spool spool;
    unsigned id = 0;
    while (pace_next()) {
        receive(spool, id++);
    }
    return pace_finish();
}
