// See static_library_leak.codec.h.
#include "static_library_leak.codec.h"

#include <algorithm>
#include <vector>

namespace codec {

namespace {

struct Run {
    unsigned char value;
    unsigned char count;
};

std::vector<Run> runs_of(const char* data, std::size_t size) {
    std::vector<Run> runs;
    for (std::size_t i = 0; i < std::min<std::size_t>(size, 256); ++i) {
        const auto value = static_cast<unsigned char>(data[i]);
        if (!runs.empty() && runs.back().value == value && runs.back().count < 255) {
            ++runs.back().count;
        } else {
            runs.push_back({value, 1});
        }
    }
    return runs;
}

}  // namespace

const Encoded* encode(const char* data, std::size_t size) {
    const std::vector<Run> runs = runs_of(data, size);
    auto* encoded = new Encoded{};  // LEAK
    for (const Run& run : runs) {
        encoded->bytes[encoded->length++] = run.value;
        encoded->bytes[encoded->length++] = run.count;
    }
    return encoded;
}

std::size_t bytes_held_by(const Encoded& encoded) {
    return sizeof encoded;
}

}  // namespace codec
