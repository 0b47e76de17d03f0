// Any bytes, in pieces of any size, through the framing: bodies that come out are what the reader
// gives for the whole stream at once, and framing them again gives them back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "agent/wire/framing.h"

namespace {

using leaklens::FrameReader;

struct Outcome {
    std::vector<std::string> bodies;
    bool refused = false;
    bool operator==(const Outcome&) const = default;
};

Outcome read_in_pieces(std::string_view stream, std::size_t piece) {
    constexpr std::size_t limit = 4096;
    FrameReader reader(limit);
    Outcome outcome;
    while (!stream.empty()) {
        reader.append(stream.substr(0, piece));
        stream.remove_prefix(std::min(piece, stream.size()));
        while (true) {
            const auto body = reader.next();
            if (!body.ok()) {
                outcome.refused = true;
                return outcome;
            }
            if (!body->has_value()) break;
            if ((*body)->size() > limit) std::abort();
            outcome.bodies.push_back(**body);
        }
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = data[0] + std::size_t{1};
    const std::string stream(data + 1, data + size);
    const Outcome whole = read_in_pieces(stream, stream.size() + 1);
    const Outcome pieces = read_in_pieces(stream, piece);
    if (!(whole == pieces)) std::abort();

    std::string again;
    for (const std::string& body : whole.bodies)
        again += leaklens::frame_message(body);
    const Outcome second = read_in_pieces(again, piece);
    if (second.refused || second.bodies != whole.bodies) std::abort();
    return 0;
}
