#include "agent/symbols/packet_socket.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace leaklens {

namespace {

// Room for one control message, aligned as the kernel wants it.
union ControlBuffer {
    cmsghdr header;
    std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)> bytes;
};

PacketStatus from_errno(int code) {
    if (code == EAGAIN || code == EWOULDBLOCK) return PacketStatus::would_block;
    if (code == EPIPE || code == ECONNRESET) return PacketStatus::closed;
    return PacketStatus::failed;
}

}  // namespace

PacketStatus send_packet(int socket, std::span<const std::uint8_t> bytes,
                         std::span<const int> descriptors, bool blocking) {
    if (bytes.size() > kLargestPacket || descriptors.size() > kMostDescriptors) {
        return PacketStatus::failed;
    }
    // sendmsg only reads what msg_iov points to; its type cannot say so.
    iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ControlBuffer control{};
    if (!descriptors.empty()) {
        message.msg_control = control.bytes.data();
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    ssize_t sent = 0;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL | (blocking ? 0 : MSG_DONTWAIT));
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? from_errno(errno) : PacketStatus::done;
}

PacketStatus receive_packet(int socket, std::vector<std::uint8_t>& bytes,
                            std::vector<Fd>* descriptors, bool blocking) {
    bytes.resize(kLargestPacket);
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ControlBuffer control{};
    if (descriptors != nullptr) {
        message.msg_control = control.bytes.data();
        message.msg_controllen = control.bytes.size();
    }
    ssize_t received = 0;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (blocking ? 0 : MSG_DONTWAIT));
    } while (received < 0 && errno == EINTR);
    if (received < 0) return from_errno(errno);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr && descriptors != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            descriptors->emplace_back(fd);
        }
    }
    if (received == 0) return PacketStatus::closed;
    if ((message.msg_flags & MSG_TRUNC) != 0) return PacketStatus::failed;
    bytes.resize(static_cast<std::size_t>(received));
    return PacketStatus::done;
}

}  // namespace leaklens
