// A symbol reader that has been taken over: what it says on its socket is not what its client may
// believe. The address that it is asked for chooses the lie.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "agent/symbols/packet_socket.h"
#include "agent/symbols/symbol_wire.h"

namespace {

using namespace leaklens;

constexpr int kSocket = 3;

void say(const std::vector<std::uint8_t>& packet) {
    send_packet(kSocket, packet, {}, true);
}

void answer(const LookUp& look_up) {
    const std::string nasty = "a\x1B[2J\xFF" + std::string(5000, 'x');
    switch (look_up.address) {
        case 0:  // no message at all
            say({0xFF, 0xFF, 0xFF});
            break;
        case 1:  // an answer to what was never asked
            say(encode(ReaderReply(FramesFound{look_up.sequence + 1, false, {}})));
            break;
        case 2:  // text that is unfit to be shown
            for (const auto& packet : encode_frames(
                     look_up.sequence, {{nasty, nasty, 1, 1, false}, {"f", "g", 1, 1, true}})) {
                say(packet);
            }
            break;
        case 3:  // an answer without an end
            for (;;) {
                say(encode(
                    ReaderReply(FramesFound{look_up.sequence, true, std::vector<SymbolFrame>(8)})));
            }
        case 4:  // silence behind a closed socket
            close(kSocket);
            pause();
            break;
        case 6: {  // a computation without an end
            for (volatile unsigned turns = 0;;)
                turns = turns + 1;
        }
        default:  // one more word than was asked for
            say(encode(ReaderReply(FramesFound{look_up.sequence, false, {}})));
            say(encode(ReaderReply(FramesFound{look_up.sequence, false, {}})));
            break;
    }
}

}  // namespace

int main() {
    say(encode(ReaderReply(ReaderReady{})));
    std::vector<std::uint8_t> packet;
    for (;;) {
        std::vector<Fd> descriptors;
        if (receive_packet(kSocket, packet, &descriptors, true) != PacketStatus::done) return 0;
        const auto request = decode_request(packet);
        if (!request) return 1;
        if (const auto* open = std::get_if<OpenModule>(&*request)) {
            say(encode(ReaderReply(ModuleOpened{open->module, SymbolSource::dwarf, {}})));
        } else {
            answer(std::get<LookUp>(*request));
        }
    }
}
