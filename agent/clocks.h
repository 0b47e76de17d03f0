// The clocks that the agent reads.
#pragma once

#include <time.h>

#include <cstdint>

namespace leaklens {

// ns of a POSIX clock.
inline std::uint64_t clock_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

// Unix time in ms, with fractions.
inline double unix_ms() {
    return static_cast<double>(clock_ns(CLOCK_REALTIME)) / 1e6;
}

}  // namespace leaklens
