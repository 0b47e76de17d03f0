// Packets between the agent and the symbol reader: there and back, and against bytes that are none.
#include "agent/symbols/symbol_wire.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

#include "agent/symbols/packet_socket.h"

namespace leaklens {
namespace {

using Packet = std::vector<std::uint8_t>;

template <typename Message>
Message through_reply(const Message& message) {
    const auto decoded = decode_reply(encode(ReaderReply(message)));
    REQUIRE(decoded);
    REQUIRE(std::holds_alternative<Message>(*decoded));
    return std::get<Message>(*decoded);
}

TEST_CASE("requests arrive as they were sent") {
    const auto open = decode_request(encode(ReaderRequest(OpenModule{7, 2, true, 0xDEADBEEF})));
    REQUIRE(open);
    const auto& module = std::get<OpenModule>(*open);
    CHECK(module.module == 7);
    CHECK(module.candidates == 2);
    CHECK(module.alternate);
    CHECK(module.crc == 0xDEADBEEF);

    const auto look_up = decode_request(encode(ReaderRequest(LookUp{1, 2, UINT64_MAX})));
    REQUIRE(look_up);
    CHECK(std::get<LookUp>(*look_up).sequence == 1);
    CHECK(std::get<LookUp>(*look_up).module == 2);
    CHECK(std::get<LookUp>(*look_up).address == UINT64_MAX);
}

TEST_CASE("replies arrive as they were sent") {
    through_reply(ReaderReady{});
    const ModuleOpened opened = through_reply(ModuleOpened{9, SymbolSource::dwarf, 1});
    CHECK(opened.module == 9);
    CHECK(opened.source == SymbolSource::dwarf);
    CHECK(opened.candidate == 1);
    CHECK_FALSE(through_reply(ModuleOpened{9, SymbolSource::none, {}}).candidate);
    const FramesFound found = through_reply(
        FramesFound{3, true, {{"f()", "/a.cpp", 12, 5, true}, {"", "", 0, 0, false}}});
    CHECK(found.sequence == 3);
    CHECK(found.more);
    REQUIRE(found.frames.size() == 2);
    CHECK(found.frames[0].function == "f()");
    CHECK(found.frames[0].file == "/a.cpp");
    CHECK(found.frames[0].line == 12);
    CHECK(found.frames[0].column == 5);
    CHECK(found.frames[0].inlined);
    CHECK_FALSE(found.frames[1].inlined);
}

TEST_CASE("an answer of the greatest size is divided into packets that can be sent") {
    const SymbolFrame longest{std::string(100'000, 'f'), std::string(100'000, 'p'), 1, 1, true};
    const auto packets = encode_frames(5, std::vector<SymbolFrame>(200, longest));
    CHECK(packets.size() > 1);
    std::size_t frames = 0;
    for (const Packet& packet : packets) {
        CHECK(packet.size() <= kLargestPacket);
        const auto decoded = decode_reply(packet);
        REQUIRE(decoded);
        const auto& found = std::get<FramesFound>(*decoded);
        CHECK(found.sequence == 5);
        CHECK(found.more == (&packet != &packets.back()));
        for (const SymbolFrame& frame : found.frames) {
            CHECK(frame.function.size() == kLongestText);
            CHECK(frame.file.size() == kLongestText);
        }
        frames += found.frames.size();
    }
    CHECK(frames == kMostFrames);
}

TEST_CASE("an answer without frames is one packet") {
    const auto packets = encode_frames(5, {});
    REQUIRE(packets.size() == 1);
    const auto decoded = decode_reply(packets[0]);
    REQUIRE(decoded);
    CHECK(std::get<FramesFound>(*decoded).frames.empty());
    CHECK_FALSE(std::get<FramesFound>(*decoded).more);
}

TEST_CASE("packets that are cut, padded or out of range are refused") {
    const Packet whole =
        encode(ReaderReply(FramesFound{3, false, {{"f()", "/a.cpp", 1, 2, true}}}));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK_FALSE(decode_reply(std::span(whole).first(size)));
    }
    Packet padded = whole;
    padded.push_back(0);
    CHECK_FALSE(decode_reply(padded));
    CHECK_FALSE(decode_request(whole));

    Packet source = encode(ReaderReply(ModuleOpened{9, SymbolSource::dwarf, 1}));
    source[9] = 4;  // behind the type and the module: there is no such source
    CHECK_FALSE(decode_reply(source));
    Packet flag = whole;
    flag[9] = 2;  // `more`, behind the type and the sequence
    CHECK_FALSE(decode_reply(flag));
    CHECK_FALSE(decode_request(encode(ReaderRequest(OpenModule{1, 4, false, {}}))));
}

TEST_CASE("random bytes are never more than the limits allow") {
    std::mt19937 random(20240229);
    for (int round = 0; round < 20'000; ++round) {
        Packet packet(random() % 600);
        std::generate(packet.begin(), packet.end(),
                      [&random] { return static_cast<std::uint8_t>(random()); });
        if (!packet.empty()) packet[0] %= 6;
        const auto reply = decode_reply(packet);
        if (const auto* found = reply ? std::get_if<FramesFound>(&*reply) : nullptr) {
            CHECK(found->frames.size() <= kMostFrames);
        }
        decode_request(packet);
    }
}

}  // namespace
}  // namespace leaklens
