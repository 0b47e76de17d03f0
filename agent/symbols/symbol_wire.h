// The packets between the agent and the symbol reader. Both are the same binary on the same
// machine, so numbers are little-endian and there is no version; but the reader may have been
// taken over by a file that it read, so the agent believes none of its packets unchecked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/symbols/symbol_client.h"

namespace leaklens {

// What one address may yield; the rest is cut off.
inline constexpr std::size_t kMostFrames = 64;
inline constexpr std::size_t kLongestText = 4096;  // bytes of a function's or a file's name
inline constexpr std::size_t kMostCandidates = 3;

// Agent to reader. The packet carries descriptors: the ELF file, `candidates` debug files, and the
// alternate one where `alternate` is set.
struct OpenModule {
    std::uint64_t module = 0;
    std::uint8_t candidates = 0;
    bool alternate = false;
    std::optional<std::uint32_t> crc;  // what a candidate must have
};

// Agent to reader: the frames at an address, please.
struct LookUp {
    std::uint64_t sequence = 0;
    std::uint64_t module = 0;
    std::uint64_t address = 0;
};

using ReaderRequest = std::variant<OpenModule, LookUp>;

// Reader to agent, once: privileges are given up, requests will be served.
struct ReaderReady {};

// Reader to agent, one for each OpenModule.
struct ModuleOpened {
    std::uint64_t module = 0;
    SymbolSource source = SymbolSource::none;
    std::optional<std::uint8_t> candidate;  // the one that is used
};

// Reader to agent, one or more for each LookUp: `more` says that another one follows.
struct FramesFound {
    std::uint64_t sequence = 0;
    bool more = false;
    std::vector<SymbolFrame> frames;
};

using ReaderReply = std::variant<ReaderReady, ModuleOpened, FramesFound>;

std::vector<std::uint8_t> encode(const ReaderRequest& request);
std::vector<std::uint8_t> encode(const ReaderReply& reply);
// The packets of one answer. Frames beyond kMostFrames and text beyond kLongestText are left out.
std::vector<std::vector<std::uint8_t>> encode_frames(std::uint64_t sequence,
                                                     std::vector<SymbolFrame> frames);

// Nothing where the packet is not exactly one well-formed message within the limits above.
std::optional<ReaderRequest> decode_request(std::span<const std::uint8_t> packet);
std::optional<ReaderReply> decode_reply(std::span<const std::uint8_t> packet);

}  // namespace leaklens
