#include "agent/sniffer/cohort_clock.h"

#include <doctest/doctest.h>

using leaklens::CohortClock;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// Cohorts that a capture of `seconds` has seen, sampled once an interval.
std::uint32_t cohorts_after(std::uint64_t seconds, std::uint64_t interval) {
    CohortClock clock(interval);
    for (std::uint64_t now = interval; now <= seconds * kSecond; now += interval)
        clock.advance(now);
    return clock.current();
}

}  // namespace

TEST_CASE("while a capture is young each interval is a cohort") {
    CohortClock clock(kSecond);
    CHECK(clock.current() == 0);
    CHECK(clock.advance(kSecond));
    CHECK(clock.current() == 1);
    CHECK(clock.start_ns() == kSecond);
    CHECK(cohorts_after(16, kSecond) == 16);
}

TEST_CASE("a timer that is a little late does not skip a cohort") {
    CohortClock clock(kSecond);
    CHECK(clock.advance(kSecond + 7'000'000));
    CHECK(clock.advance(2 * kSecond + 1'000'000));
}

TEST_CASE("an hour and a day stay within a hundred and two hundred cohorts") {
    CHECK(cohorts_after(3600, kSecond) < 110);
    CHECK(cohorts_after(86400, kSecond) < 180);
    CHECK(cohorts_after(86400, kSecond) > cohorts_after(3600, kSecond));
}
