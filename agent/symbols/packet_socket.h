// Packets with descriptors, over a SOCK_SEQPACKET socket between the agent and the symbol reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "agent/fd.h"

namespace leaklens {

// Far below the least send buffer that a kernel gives (some 200 KiB), so that any packet fits.
inline constexpr std::size_t kLargestPacket = 64UL * 1024;
inline constexpr std::size_t kMostDescriptors = 8;  // in one packet

enum class PacketStatus : std::uint8_t {
    done,
    would_block,
    closed,  // the other side is gone
    failed,  // oversized, or an error of the socket
};

// Sends one whole packet; the descriptors stay the caller's. `blocking` waits for room.
PacketStatus send_packet(int socket, std::span<const std::uint8_t> bytes,
                         std::span<const int> descriptors, bool blocking);

// Receives one packet into `bytes`. Descriptors are taken only where `descriptors` is given;
// otherwise the kernel drops what was sent. `blocking` waits for a packet.
PacketStatus receive_packet(int socket, std::vector<std::uint8_t>& bytes,
                            std::vector<Fd>* descriptors, bool blocking);

}  // namespace leaklens
