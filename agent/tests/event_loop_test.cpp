#include "agent/event_loop.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

namespace leaklens {
namespace {

struct Pipe {
    Fd reading;
    Fd writing;
    Pipe() {
        std::array<int, 2> ends{};
        REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        reading = Fd(ends[0]);
        writing = Fd(ends[1]);
    }
    void fill() const { REQUIRE(write(writing.get(), "x", 1) == 1); }
};

std::unique_ptr<EventLoop> make_loop() {
    auto loop = EventLoop::create();
    REQUIRE(loop.ok());
    return std::move(loop).value();
}

}  // namespace

TEST_CASE("a watched descriptor calls its handler with what happened") {
    const auto loop = make_loop();
    const Pipe pipe;
    std::uint32_t seen = 0;
    const auto watch = loop->watch(pipe.reading.get(), EPOLLIN, [&](std::uint32_t events) {
        seen = events;
        loop->stop(7);
    });
    REQUIRE(watch.ok());
    pipe.fill();
    CHECK(loop->run() == 7);
    CHECK(seen == EPOLLIN);
}

TEST_CASE("a registration may end itself, and another one, from inside its handler") {
    const auto loop = make_loop();
    const Pipe first_pipe;
    const Pipe second_pipe;
    std::array<EventLoop::Watch, 2> watches;
    int calls = 0;
    // Both are ready in one turn; whoever is called first ends both.
    const auto handler = [&](std::uint32_t) {
        ++calls;
        for (EventLoop::Watch& watch : watches)
            watch.reset();
        loop->defer([&] { loop->stop(0); });
    };
    auto first = loop->watch(first_pipe.reading.get(), EPOLLIN, handler);
    auto second = loop->watch(second_pipe.reading.get(), EPOLLIN, handler);
    REQUIRE(first.ok());
    REQUIRE(second.ok());
    watches = {std::move(first).value(), std::move(second).value()};
    first_pipe.fill();
    second_pipe.fill();
    loop->run();
    CHECK(calls == 1);
    CHECK_FALSE(static_cast<bool>(watches[0]));
}

TEST_CASE("events can be changed: nothing wanted, nothing reported but the end") {
    const auto loop = make_loop();
    Pipe pipe;
    std::uint32_t seen = 0;
    auto watch = loop->watch(pipe.writing.get(), EPOLLOUT, [&](std::uint32_t events) {
        seen = events;
        loop->stop(0);
    });
    REQUIRE(watch.ok());
    watch->set_events(0);
    pipe.reading.reset();
    loop->run();
    CHECK(seen == EPOLLERR);
}

TEST_CASE("a plain file is always ready") {
    const auto loop = make_loop();
    const Fd file(open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
    const Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
    int file_calls = 0;
    int null_calls = 0;
    const auto watch = loop->watch(file.get(), EPOLLIN, [&](std::uint32_t) { ++file_calls; });
    auto other = loop->watch(nothing.get(), EPOLLIN, [&](std::uint32_t) {
        if (++null_calls == 3) loop->stop(0);
    });
    REQUIRE(watch.ok());
    REQUIRE(other.ok());
    loop->run();
    CHECK(null_calls == 3);
    CHECK(file_calls >= 2);
}

TEST_CASE("a bad descriptor is an error") {
    const auto loop = make_loop();
    CHECK_FALSE(loop->watch(-1, EPOLLIN, [](std::uint32_t) {}).ok());
}

TEST_CASE("a timer calls again and again, and makes up for lost time by one call") {
    const auto loop = make_loop();
    using Clock = std::chrono::steady_clock;
    const auto began = Clock::now();
    int calls = 0;
    const auto timer = loop->every(10, [&] {
        if (++calls == 1) std::this_thread::sleep_for(std::chrono::milliseconds(35));
        if (calls == 3) loop->stop(0);
    });
    REQUIRE(timer.ok());
    loop->run();
    // 10 ms, then one call for the three intervals slept through, then one at the next 10.
    CHECK(Clock::now() - began >= std::chrono::milliseconds(50));
}

TEST_CASE("a timer ends with its registration") {
    const auto loop = make_loop();
    int calls = 0;
    auto timer = loop->every(1, [&] {
        ++calls;
        loop->stop(0);
    });
    REQUIRE(timer.ok());
    loop->run();
    timer->reset();
    auto other = loop->every(20, [&] { loop->stop(0); });
    loop->run();
    CHECK(calls == 1);
}

TEST_CASE("what is deferred runs once, after the current handler, in order") {
    const auto loop = make_loop();
    std::string order;
    loop->defer([&] {
        order += "a";
        loop->defer([&] {
            order += "c";
            loop->stop(0);
        });
        order += "b";
    });
    loop->run();
    CHECK(order == "abc");
}

TEST_CASE("a stop before the run counts, and the first code wins") {
    const auto loop = make_loop();
    loop->stop(3);
    loop->stop(4);
    CHECK(loop->run() == 3);
    loop->defer([&] { loop->stop(5); });
    CHECK(loop->run() == 5);
}

TEST_CASE("what a loop still holds at its end may end registrations of its own") {
    struct Owner {
        EventLoop::Watch watch;
    };
    auto loop = make_loop();
    const Pipe pipe;
    auto owner = std::make_shared<Owner>();
    auto watch = loop->watch(pipe.reading.get(), EPOLLIN, [](std::uint32_t) {});
    owner->watch = std::move(watch).value();
    loop->defer([owner] {});
    owner.reset();
    loop.reset();
}

}  // namespace leaklens
