// The library of static_library_leak: run-length encoding into a record that it allocates.
#pragma once

#include <cstddef>

namespace codec {

struct Encoded {
    std::size_t length;
    unsigned char bytes[512];
};

// Encodes at most 256 bytes. The record belongs to the library, which never releases it.
const Encoded* encode(const char* data, std::size_t size);

std::size_t bytes_held_by(const Encoded& encoded);

}  // namespace codec
