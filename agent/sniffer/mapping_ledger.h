// The books of direct mappings: which ranges a process has mapped for itself, by whom, and how much
// of each is still there. mmap and munmap work on ranges, so an unmap may free part of a mapping,
// split it, or take several at once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

namespace leaklens {

class MappingLedger {
  public:
    struct Origin {
        std::uint64_t stack = 0;
        std::uint32_t cohort = 0;
    };
    // Told of every change: bytes that came to or went from an origin, and whether that made one
    // mapping more or (its last byte gone) one less.
    struct Change {
        Origin origin;
        std::uint64_t bytes = 0;
        bool whole = false;
    };
    struct Changes {
        std::function<void(const Change&)> on_mapped;
        std::function<void(const Change&)> on_unmapped;
    };

    explicit MappingLedger(Changes changes) : changes_(std::move(changes)) {}

    // A new mapping of `length` bytes (rounded up to pages) at `address`. What it covers was
    // unmapped by the kernel (MAP_FIXED).
    void map(std::uint64_t address, std::uint64_t length, Origin origin);
    // An munmap of `length` bytes (rounded up to pages): also of parts, and of what is not ours.
    void unmap(std::uint64_t address, std::uint64_t length);
    // Drops every range that is not mapped any more, as `is_mapped` says of [start, end): after
    // lost events, against /proc/PID/maps.
    void reconcile(const std::function<bool(std::uint64_t start, std::uint64_t end)>& is_mapped);

    [[nodiscard]] std::size_t size() const { return pieces_.size(); }

  private:
    struct Piece {
        std::uint64_t end = 0;
        Origin origin;
        std::shared_ptr<char> mapping;  // shared by the pieces of one mapping: counts them
    };

    Changes changes_;
    std::map<std::uint64_t, Piece> pieces_;  // by start address, never overlapping
};

}  // namespace leaklens
