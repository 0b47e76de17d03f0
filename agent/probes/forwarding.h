// Recognises functions that only pass a request on to another function of the allocator:
// reallocarray that multiplies and jumps to realloc, operator delete that jumps to free. A probe on
// both would cost twice and tell nothing more.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace leaklens {

struct Forwarding {
    std::uint64_t target = 0;  // address that the jump or call names, maybe a linkage stub
    // True: a jump, so that the other's result is this one's. False: a call.
    bool is_tail = false;
    // The first argument reaches the other function as it came.
    bool keeps_first_argument = false;
};

// `code` is the function's whole body and `address` its virtual address. Nothing unless every
// call passes the request on, or returns a null pointer without asking anybody.
std::optional<Forwarding> find_forwarding(std::span<const std::uint8_t> code,
                                          std::uint64_t address);

}  // namespace leaklens
