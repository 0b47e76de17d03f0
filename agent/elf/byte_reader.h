// A cursor over untrusted bytes, little-endian. Reading past the end yields zeros and sets a flag
// that stays set, so a parser may read a whole record and check once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace leaklens {

class ByteReader {
  public:
    ByteReader() = default;
    explicit ByteReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t offset() const { return offset_; }
    [[nodiscard]] std::size_t remaining() const { return bytes_.size() - offset_; }
    [[nodiscard]] bool at_end() const { return offset_ == bytes_.size(); }

    std::uint8_t u8() { return fixed<std::uint8_t>(); }
    std::uint16_t u16() { return fixed<std::uint16_t>(); }
    std::uint32_t u32() { return fixed<std::uint32_t>(); }
    std::uint64_t u64() { return fixed<std::uint64_t>(); }

    // LEB128 numbers (DWARF 5, section 7.6). More than 64 bits is a malformed number.
    std::uint64_t uleb() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t byte = u8();
            const std::uint64_t group = byte & 0x7FU;
            if (shift == 63 && group > 1) break;
            value |= group << shift;
            if ((byte & 0x80U) == 0) return ok_ ? value : 0;
        }
        fail();
        return 0;
    }
    std::int64_t sleb() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t byte = u8();
            const std::uint64_t group = byte & 0x7FU;
            if (shift == 63 && group != 0 && group != 0x7F) break;
            value |= group << shift;
            if ((byte & 0x80U) != 0) continue;
            if (!ok_) return 0;
            const bool negative = (byte & 0x40U) != 0;
            if (negative && shift < 57) value |= ~std::uint64_t{0} << (shift + 7);
            return static_cast<std::int64_t>(value);
        }
        fail();
        return 0;
    }

    // The bytes up to the next NUL, which is consumed too.
    std::string_view string() {
        const auto rest = bytes_.subspan(offset_);
        const void* end = rest.empty() ? nullptr : std::memchr(rest.data(), 0, rest.size());
        if (end == nullptr) {
            fail();
            return {};
        }
        const auto length =
            static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - rest.data());
        offset_ += length + 1;
        return {reinterpret_cast<const char*>(rest.data()), length};
    }

    // The next `size` bytes, empty (and a failure) where there are not that many.
    std::span<const std::uint8_t> bytes(std::uint64_t size) {
        if (size > remaining()) {
            fail();
            return {};
        }
        const auto part = bytes_.subspan(offset_, static_cast<std::size_t>(size));
        offset_ += part.size();
        return part;
    }
    void skip(std::uint64_t size) { bytes(size); }

    void fail() {
        ok_ = false;
        offset_ = bytes_.size();
    }

  private:
    template <typename T>
    T fixed() {
        T value = 0;
        const auto part = bytes(sizeof value);
        if (part.size() == sizeof value) std::memcpy(&value, part.data(), sizeof value);
        return value;
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t offset_ = 0;
    bool ok_ = true;
};

}  // namespace leaklens
