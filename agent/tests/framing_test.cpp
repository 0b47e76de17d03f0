#include "agent/wire/framing.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace leaklens {
namespace {

// Feeds all of `stream` in pieces of `piece` bytes; the bodies, or nothing when it was refused.
std::optional<std::vector<std::string>> read_all(const std::string& stream, std::size_t piece,
                                                 std::size_t limit = max_inbound_body_bytes) {
    FrameReader reader(limit);
    std::vector<std::string> bodies;
    for (std::size_t first = 0; first < stream.size(); first += piece) {
        reader.append(std::string_view(stream).substr(first, piece));
        while (true) {
            const auto body = reader.next();
            if (!body.ok()) return std::nullopt;
            if (!body->has_value()) break;
            bodies.push_back(**body);
        }
    }
    return bodies;
}

std::string refusal(const std::string& stream) {
    FrameReader reader;
    reader.append(stream);
    const auto body = reader.next();
    return body.ok() ? "" : body.error().message;
}

}  // namespace

TEST_CASE("bodies come out as they were framed, however the stream is cut") {
    const std::vector<std::string> bodies{"{}", "", "a body with\r\n\r\nan empty line",
                                          std::string(70000, 'x'), std::string("\0\xff", 2)};
    std::string stream;
    for (const std::string& body : bodies)
        stream += frame_message(body);
    for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 64UL, 4096UL, stream.size()}) {
        CAPTURE(piece);
        const auto read = read_all(stream, piece);
        REQUIRE(read.has_value());
        CHECK(*read == bodies);
    }
}

TEST_CASE("header names ignore case, spaces and unknown headers do not matter") {
    const auto bodies = read_all(
        "content-LENGTH:2\r\n\r\n{}"
        "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length:  2 \r\n\r\n[]"
        "X: \r\nContent-Length:\t1\r\n\r\n1",
        5);
    REQUIRE(bodies.has_value());
    CHECK(*bodies == std::vector<std::string>{"{}", "[]", "1"});
}

TEST_CASE("a wrong header is final, and says what is wrong") {
    CHECK(refusal("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}") ==
          "Content-Length is given twice");
    for (const char* length : {"-1", "+1", "0x10", "1e3", "", " ", "2 2", "2;", "1.0",
                               "18446744073709551616", "99999999999999999999999"}) {
        CAPTURE(length);
        CHECK(refusal("Content-Length: " + std::string(length) + "\r\n\r\n") ==
              "Content-Length is not a number");
    }
    CHECK(refusal("\r\n\r\n") == "the header has no Content-Length");
    CHECK(refusal("Content-Type: x\r\n\r\n{}") == "the header has no Content-Length");
    CHECK(refusal("{\"jsonrpc\":\"2.0\"}\r\n\r\n") == "the header has no Content-Length");
    CHECK(refusal("GET / HTTP/1.1\r\n\r\n") == "a header line has no colon");

    FrameReader reader;
    reader.append("Content-Length: x\r\n\r\n");
    CHECK_FALSE(reader.next().ok());
    reader.append(frame_message("{}"));
    CHECK_FALSE(reader.next().ok());
}

TEST_CASE("lengths are limited, whatever follows") {
    CHECK(read_all(frame_message(std::string(100, 'x')), 10, 100).has_value());
    CHECK_FALSE(read_all(frame_message(std::string(101, 'x')), 10, 100).has_value());
    CHECK(refusal("Content-Length: 1048577\r\n\r\n") ==
          "a message of 1048577 bytes is longer than 1048576");
    // Nothing is set aside for what was only announced.
    CHECK_FALSE(refusal("Content-Length: 18446744073709551615\r\n\r\n").empty());
}

TEST_CASE("a header block may be 4096 bytes long and no longer") {
    const std::string end = "\r\nContent-Length: 2\r\n\r\n";
    const auto header = [&](std::size_t size) {
        return "X: " + std::string(size - 3 - end.size(), 'x') + end;
    };
    for (const std::size_t piece : {1UL, 4095UL, 5000UL}) {
        CAPTURE(piece);
        CHECK(read_all(header(4096) + "{}", piece).has_value());
        CHECK_FALSE(read_all(header(4097) + "{}", piece).has_value());
        // Without an end it is refused as soon as no end can come in time.
        CHECK_FALSE(read_all(std::string(4096, 'x'), piece).has_value());
    }
}

TEST_CASE("the end of a stream cuts a message off, or it does not") {
    FrameReader reader;
    CHECK(reader.between_messages());
    reader.append("Content-");
    CHECK_FALSE(reader.between_messages());
    reader.append("Length: 2\r\n\r\n{");
    REQUIRE(reader.next().ok());
    CHECK_FALSE(reader.between_messages());
    reader.append("}");
    REQUIRE(reader.next().ok());
    CHECK(reader.between_messages());
}

TEST_CASE("damaged streams are refused or read, and nothing else") {
    std::mt19937 random(1);
    const std::string whole = frame_message(R"({"jsonrpc":"2.0","id":1,"method":"doctor"})");
    for (int round = 0; round < 5000; ++round) {
        std::string stream = whole + whole + whole;
        for (int damage = 0; damage < 3; ++damage) {
            stream[random() % stream.size()] = static_cast<char>(random());
        }
        const auto bodies = read_all(stream, 1 + random() % stream.size());
        if (bodies) CHECK(bodies->size() <= 3);
    }
}

}  // namespace leaklens
