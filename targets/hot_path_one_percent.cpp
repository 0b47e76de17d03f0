// Ground truth: leak
// One allocation line serves a hot path and 99 blocks of 100 are released: only the retried ones
// are overwritten before they were released. The line's survivors tell, its volume does not.
#include <cstring>
#include <random>

#include "pace.h"

namespace {

struct Packet {
    unsigned sequence;
    unsigned attempts;
    char payload[500];
};

// The only place where packets are made, as in a pool of buffers.
[[gnu::noinline]] Packet* make_packet(unsigned sequence) {
    Packet* packet = new Packet;  // LEAK
    packet->sequence = sequence;
    packet->attempts = 0;
    std::memset(packet->payload, static_cast<int>(sequence & 0xff), sizeof packet->payload);
    return packet;
}

class Link {
  public:
    // False once in a hundred: the packet has to be sent again.
    [[gnu::noinline]] bool transmit(const Packet& packet) {
        checksum_ += static_cast<unsigned char>(packet.payload[packet.sequence % 500]);
        return random_() % 100 != 0;
    }

    [[nodiscard]] unsigned checksum() const { return checksum_; }

  private:
    std::minstd_rand random_{7};
    unsigned checksum_ = 0;
};

[[gnu::noinline]] void retry(Link& link, Packet*& packet) {
    const unsigned attempts = packet->attempts + 1;
    packet = make_packet(packet->sequence);  // The first packet is lost here.
    packet->attempts = attempts;
    pace_leaked(sizeof *packet);
    link.transmit(*packet);
}

[[gnu::noinline]] void send(Link& link, unsigned sequence) {
    Packet* packet = make_packet(sequence);
    if (!link.transmit(*packet)) retry(link, packet);
    delete packet;
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 2000);
    Link link;
    unsigned sequence = 0;
    while (pace_next()) {
        send(link, sequence++);
    }
    return pace_finish();
}
