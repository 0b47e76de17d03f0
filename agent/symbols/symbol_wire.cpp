#include "agent/symbols/symbol_wire.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>

#include "agent/elf/byte_reader.h"
#include "agent/symbols/packet_socket.h"

namespace leaklens {

namespace {

static_assert(std::endian::native == std::endian::little);

enum class PacketType : std::uint8_t { open_module = 1, look_up, ready, module_opened, frames };

// With one more frame of the greatest size a packet still holds.
constexpr std::size_t kFullPacket = kLargestPacket - 2 * kLongestText - 64;
constexpr std::uint8_t kNoCandidate = 0xFF;

class ByteWriter {
  public:
    explicit ByteWriter(PacketType type) { number(static_cast<std::uint8_t>(type)); }
    template <typename T>
    void number(T value) {
        static_assert(std::is_unsigned_v<T>);
        for (std::size_t i = 0; i < sizeof value; ++i) {
            bytes_.push_back(
                static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
        }
    }
    void flag(bool value) { number(static_cast<std::uint8_t>(value ? 1 : 0)); }
    void text(std::string_view value) {
        value = value.substr(0, kLongestText);
        number(static_cast<std::uint16_t>(value.size()));
        bytes_.insert(bytes_.end(), value.begin(), value.end());
    }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

  private:
    std::vector<std::uint8_t> bytes_;
};

std::size_t encoded_size(const SymbolFrame& frame) {
    return 16 + std::min(frame.function.size(), kLongestText) +
           std::min(frame.file.size(), kLongestText);
}

std::string read_text(ByteReader& reader) {
    const std::uint16_t size = reader.u16();
    if (size > kLongestText) reader.fail();
    const auto bytes = reader.bytes(size);
    return {bytes.begin(), bytes.end()};
}

bool read_flag(ByteReader& reader) {
    const std::uint8_t value = reader.u8();
    if (value > 1) reader.fail();
    return value == 1;
}

OpenModule read_open_module(ByteReader& reader) {
    OpenModule open;
    open.module = reader.u64();
    open.candidates = reader.u8();
    open.alternate = read_flag(reader);
    const bool has_crc = read_flag(reader);
    const std::uint32_t crc = reader.u32();
    if (has_crc) open.crc = crc;
    if (open.candidates > kMostCandidates) reader.fail();
    return open;
}

ModuleOpened read_module_opened(ByteReader& reader) {
    ModuleOpened opened;
    opened.module = reader.u64();
    const std::uint8_t source = reader.u8();
    const std::uint8_t candidate = reader.u8();
    if (source > static_cast<std::uint8_t>(SymbolSource::none)) {
        reader.fail();
        return opened;
    }
    opened.source = static_cast<SymbolSource>(source);
    if (candidate != kNoCandidate) opened.candidate = candidate;
    return opened;
}

FramesFound read_frames(ByteReader& reader) {
    FramesFound found;
    found.sequence = reader.u64();
    found.more = read_flag(reader);
    const std::uint8_t count = reader.u8();
    if (count > kMostFrames) reader.fail();
    for (std::uint8_t i = 0; i < count && reader.ok(); ++i) {
        SymbolFrame& frame = found.frames.emplace_back();
        frame.inlined = read_flag(reader);
        frame.line = reader.u32();
        frame.column = reader.u32();
        frame.function = read_text(reader);
        frame.file = read_text(reader);
    }
    return found;
}

std::vector<std::uint8_t> encode_message(const OpenModule& open) {
    ByteWriter writer(PacketType::open_module);
    writer.number(open.module);
    writer.number(open.candidates);
    writer.flag(open.alternate);
    writer.flag(open.crc.has_value());
    writer.number(open.crc.value_or(0));
    return writer.take();
}

std::vector<std::uint8_t> encode_message(const LookUp& look_up) {
    ByteWriter writer(PacketType::look_up);
    writer.number(look_up.sequence);
    writer.number(look_up.module);
    writer.number(look_up.address);
    return writer.take();
}

std::vector<std::uint8_t> encode_message(const ReaderReady& /*ready*/) {
    return ByteWriter(PacketType::ready).take();
}

std::vector<std::uint8_t> encode_message(const ModuleOpened& opened) {
    ByteWriter writer(PacketType::module_opened);
    writer.number(opened.module);
    writer.number(static_cast<std::uint8_t>(opened.source));
    writer.number(opened.candidate.value_or(kNoCandidate));
    return writer.take();
}

std::vector<std::uint8_t> encode_message(const FramesFound& found) {
    ByteWriter writer(PacketType::frames);
    writer.number(found.sequence);
    writer.flag(found.more);
    writer.number(static_cast<std::uint8_t>(found.frames.size()));
    for (const SymbolFrame& frame : found.frames) {
        writer.flag(frame.inlined);
        writer.number(frame.line);
        writer.number(frame.column);
        writer.text(frame.function);
        writer.text(frame.file);
    }
    return writer.take();
}

// A message only when its packet holds nothing else.
template <typename Message, typename Body>
std::optional<Message> whole(const ByteReader& reader, Body body) {
    if (!reader.ok() || !reader.at_end()) return std::nullopt;
    return Message{std::move(body)};
}

}  // namespace

std::vector<std::uint8_t> encode(const ReaderRequest& request) {
    return std::visit([](const auto& message) { return encode_message(message); }, request);
}

std::vector<std::uint8_t> encode(const ReaderReply& reply) {
    return std::visit([](const auto& message) { return encode_message(message); }, reply);
}

std::vector<std::vector<std::uint8_t>> encode_frames(std::uint64_t sequence,
                                                     std::vector<SymbolFrame> frames) {
    if (frames.size() > kMostFrames) frames.resize(kMostFrames);
    std::vector<std::vector<std::uint8_t>> packets;
    FramesFound part{sequence, true, {}};
    std::size_t size = 0;
    for (SymbolFrame& frame : frames) {
        if (size > kFullPacket) {
            packets.push_back(encode_message(part));
            part.frames.clear();
            size = 0;
        }
        size += encoded_size(frame);
        part.frames.push_back(std::move(frame));
    }
    part.more = false;
    packets.push_back(encode_message(part));
    return packets;
}

std::optional<ReaderRequest> decode_request(std::span<const std::uint8_t> packet) {
    ByteReader reader(packet);
    switch (static_cast<PacketType>(reader.u8())) {
        case PacketType::open_module: {
            OpenModule open = read_open_module(reader);
            return whole<ReaderRequest>(reader, open);
        }
        case PacketType::look_up: {
            LookUp look_up;
            look_up.sequence = reader.u64();
            look_up.module = reader.u64();
            look_up.address = reader.u64();
            return whole<ReaderRequest>(reader, look_up);
        }
        default:
            return std::nullopt;
    }
}

std::optional<ReaderReply> decode_reply(std::span<const std::uint8_t> packet) {
    ByteReader reader(packet);
    switch (static_cast<PacketType>(reader.u8())) {
        case PacketType::ready:
            return whole<ReaderReply>(reader, ReaderReady{});
        case PacketType::module_opened: {
            ModuleOpened opened = read_module_opened(reader);
            return whole<ReaderReply>(reader, opened);
        }
        case PacketType::frames: {
            FramesFound found = read_frames(reader);
            return whole<ReaderReply>(reader, std::move(found));
        }
        default:
            return std::nullopt;
    }
}

}  // namespace leaklens
