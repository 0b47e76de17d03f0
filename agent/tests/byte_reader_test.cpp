// The cursor over untrusted bytes: numbers, edges, and that a failure lasts.
#include "agent/elf/byte_reader.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

namespace leaklens {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::uint64_t uleb_of(const Bytes& bytes, bool expected_ok = true) {
    ByteReader reader(bytes);
    const std::uint64_t value = reader.uleb();
    CHECK(reader.ok() == expected_ok);
    return value;
}

std::int64_t sleb_of(const Bytes& bytes, bool expected_ok = true) {
    ByteReader reader(bytes);
    const std::int64_t value = reader.sleb();
    CHECK(reader.ok() == expected_ok);
    return value;
}

TEST_CASE("byte reader: fixed sizes, little-endian, and no byte beyond the end") {
    const Bytes bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    ByteReader reader(bytes);
    CHECK(reader.u8() == 1);
    CHECK(reader.u16() == 0x0302);
    CHECK(reader.u32() == 0x07060504);
    CHECK(reader.u64() == 0x0F0E0D0C0B0A0908);
    CHECK(reader.at_end());
    CHECK(reader.ok());
    CHECK(reader.u8() == 0);
    CHECK_FALSE(reader.ok());
}

TEST_CASE("byte reader: a failure lasts, and consumes the rest") {
    const Bytes bytes{1, 2, 3};
    ByteReader reader(bytes);
    CHECK(reader.u32() == 0);
    CHECK(reader.remaining() == 0);
    CHECK(reader.u8() == 0);
    CHECK_FALSE(reader.ok());
}

TEST_CASE("byte reader: unsigned LEB128") {
    CHECK(uleb_of({0x00}) == 0);
    CHECK(uleb_of({0x7F}) == 127);
    CHECK(uleb_of({0x80, 0x01}) == 128);
    CHECK(uleb_of({0xE5, 0x8E, 0x26}) == 624485);
    CHECK(uleb_of({0x80, 0x00}) == 0);  // padded
    CHECK(uleb_of({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}) ==
          std::numeric_limits<std::uint64_t>::max());
    CHECK(uleb_of({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02}, false) == 0);
    CHECK(uleb_of({0x81, 0x80}, false) == 0);
    CHECK(uleb_of(Bytes(1000, 0x80), false) == 0);
    CHECK(uleb_of({}, false) == 0);
}

TEST_CASE("byte reader: signed LEB128") {
    CHECK(sleb_of({0x02}) == 2);
    CHECK(sleb_of({0x7E}) == -2);
    CHECK(sleb_of({0xFF, 0x00}) == 127);
    CHECK(sleb_of({0x80, 0x7F}) == -128);
    CHECK(sleb_of({0xC0, 0xBB, 0x78}) == -123456);
    CHECK(sleb_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F}) ==
          std::numeric_limits<std::int64_t>::min());
    CHECK(sleb_of({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00}) ==
          std::numeric_limits<std::int64_t>::max());
    CHECK(sleb_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}, false) == 0);
    CHECK(sleb_of({0xFF}, false) == 0);
    CHECK(sleb_of(Bytes(1000, 0xFF), false) == 0);
}

TEST_CASE("byte reader: strings and runs of bytes") {
    const Bytes bytes{'a', 'b', 0, 0, 'c', 1, 2};
    ByteReader reader(bytes);
    CHECK(reader.string() == "ab");
    CHECK(reader.string().empty());
    CHECK(reader.ok());
    CHECK(reader.offset() == 4);
    reader.skip(1);
    CHECK(reader.bytes(2).size() == 2);
    CHECK(reader.bytes(0).empty());
    CHECK(reader.ok());
    CHECK(reader.bytes(std::numeric_limits<std::uint64_t>::max()).empty());
    CHECK_FALSE(reader.ok());
    ByteReader unterminated(std::span(bytes).subspan(4));
    CHECK(unterminated.string().empty());
    CHECK_FALSE(unterminated.ok());
}

}  // namespace
}  // namespace leaklens
