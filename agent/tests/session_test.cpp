#include "agent/session.h"

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <string>

#include "agent/tests/message_reader.h"
#include "agent/tests/scripted_machine.h"

namespace leaklens::tests {
namespace {

// A session after initialize, and what it sent since.
struct Fixture {
    std::unique_ptr<EventLoop> loop = std::move(EventLoop::create()).value();
    ScriptedMachine machine;
    std::deque<Json> sent;
    std::optional<Session> session;

    Fixture() {
        session.emplace(*loop, machine,
                        [this](std::string_view body) { sent.push_back(Json::parse(body)); });
        call(0, "initialize",
             {{"protocolVersion", 1}, {"client", {{"name", "test"}, {"version", "1"}}}});
        sent.clear();
    }
    void call(int id, const std::string& method, const Json& params = Json::object()) {
        const Json request{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
        session->receive(request.dump());
    }
    void start(int id, pid_t pid) {
        call(id, "capture/start", {{"pid", pid}, {"intervalMs", 100}});
    }
    void turn() const {
        loop->defer([this] { loop->stop(0); });
        loop->run();
    }
    Json take() {
        REQUIRE(!sent.empty());
        Json first = sent.front();
        sent.pop_front();
        return first;
    }
};

}  // namespace

TEST_CASE("eight captures run at once, a ninth is refused until one has ended") {
    Fixture fixture;
    for (int i = 1; i <= 8; ++i) {
        fixture.start(i, 100 + i);
        CHECK(fixture.take().at("result").at("captureId") == i);
    }
    fixture.start(9, 109);
    CHECK(fixture.take().at("error").at("data").at("kind") == "tooManyCaptures");
    fixture.machine.listeners[3]->on_ended(EndReason::exited, "the target ended");
    CHECK(fixture.take().at("params").at("captureId") == 4);
    fixture.start(10, 104);
    CHECK(fixture.take().at("result").at("captureId") == 9);
    fixture.turn();
    CHECK(fixture.machine.listeners.size() == 8);
}

TEST_CASE("a capture that ended is destroyed on the next turn, not inside its own call") {
    Fixture fixture;
    fixture.start(1, 100);
    fixture.take();
    fixture.call(2, "capture/stop", {{"captureId", 1}});
    CHECK(fixture.take().at("method") == "capture/ended");
    CHECK(fixture.take().at("id") == 2);
    CHECK(fixture.machine.listeners.size() == 1);
    fixture.turn();
    CHECK(fixture.machine.listeners.empty());
}

TEST_CASE("every stop request is answered, at the end, and the capture is stopped once") {
    Fixture fixture;
    int stops = 0;
    fixture.machine.on_stop = [&](CaptureListener&) { ++stops; };
    fixture.start(1, 100);
    fixture.take();
    fixture.call(2, "capture/stop", {{"captureId", 1}});
    fixture.call(3, "capture/stop", {{"captureId", 1}});
    CHECK(fixture.sent.empty());
    CHECK(stops == 1);
    fixture.machine.listeners[0]->on_ended(EndReason::exited, "the target ended meanwhile");
    CHECK(fixture.take().at("params").at("reason") == "exited");
    CHECK(fixture.take() == Json{{"jsonrpc", "2.0"}, {"id", 2}, {"result", nullptr}});
    CHECK(fixture.take().at("id") == 3);
}

TEST_CASE("shutdown is answered once everything has ended") {
    Fixture fixture;
    fixture.machine.on_stop = [](CaptureListener&) {};
    fixture.start(1, 100);
    fixture.start(2, 101);
    fixture.sent.clear();
    fixture.call(3, "shutdown");
    CHECK(fixture.sent.empty());
    fixture.start(4, 102);
    CHECK(fixture.take().at("error").at("code") == -32600);
    fixture.machine.listeners[1]->on_ended(EndReason::stopped, "stopped");
    fixture.take();
    CHECK(fixture.sent.empty());
    fixture.machine.listeners[0]->on_ended(EndReason::stopped, "stopped");
    fixture.take();
    CHECK(fixture.take().at("id") == 3);
}

TEST_CASE("a session's end destroys its captures without another word") {
    Fixture fixture;
    fixture.start(1, 100);
    fixture.sent.clear();
    fixture.session.reset();
    CHECK(fixture.machine.listeners.empty());
    CHECK(fixture.sent.empty());
}

TEST_CASE("parameters reach the machine") {
    Fixture fixture;
    fixture.call(1, "doctor", {{"pid", 77}});
    CHECK(fixture.machine.doctored == 77);
    fixture.call(2, "capture/start",
                 {{"pid", 5}, {"intervalMs", 100}, {"limits", {{"stacks", 99}}}});
    CHECK(fixture.machine.limits.stacks == 99);
    CHECK(fixture.machine.limits.blocks == CaptureLimits{}.blocks);
}

TEST_CASE("long reports are cut into messages, locations before the stacks that name them") {
    Fixture fixture;
    fixture.start(1, 100);
    fixture.sent.clear();
    StacksReport report;
    for (std::uint32_t i = 0; i < 4500; ++i) {
        report.locations.push_back({i, i, 0, i});
        report.stacks.push_back({i, StackKind::heap, StackEnd::complete, {i, 0}});
    }
    fixture.machine.listeners[0]->on_stacks(report);
    std::size_t locations = 0;
    std::size_t stacks = 0;
    while (!fixture.sent.empty()) {
        const Json params = fixture.take().at("params");
        CHECK(params.at("locations").size() + params.at("stacks").size() <= 2000);
        locations += params.at("locations").size();
        for (const Json& stack : params.at("stacks")) {
            for (const Json& location : stack.at("locations"))
                CHECK(location < locations);
            ++stacks;
        }
    }
    CHECK(locations == 4500);
    CHECK(stacks == 4500);
}

TEST_CASE("thousands of damaged, displaced and repeated messages never break a session") {
    const std::vector<std::string> honest{
        R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1,"client":{"name":"a","version":"b"}}})",
        R"({"jsonrpc":"2.0","id":2,"method":"process/list"})",
        R"({"jsonrpc":"2.0","id":3,"method":"doctor","params":{"pid":12}})",
        R"({"jsonrpc":"2.0","id":4,"method":"capture/start","params":{"pid":12,"intervalMs":1000,"limits":{"blocks":4096}}})",
        R"({"jsonrpc":"2.0","id":"s","method":"capture/stop","params":{"captureId":1}})",
        R"({"jsonrpc":"2.0","id":6,"method":"shutdown"})",
    };
    std::mt19937 random(20);
    const auto pick = [&](std::size_t count) { return random() % count; };
    std::size_t answers = 0;
    for (int round = 0; round < 400; ++round) {
        const auto loop = std::move(EventLoop::create()).value();
        ScriptedMachine machine;
        Session session(*loop, machine, [&](std::string_view body) {
            // Whatever came in, what goes out is a message of the protocol.
            const Json message = Json::parse(body);
            REQUIRE(message.at("jsonrpc") == "2.0");
            ++answers;
        });
        for (int i = 0; i < 40; ++i) {
            std::string message = honest[pick(honest.size())];
            for (std::size_t damage = pick(4); damage > 0 && !message.empty(); --damage) {
                const std::size_t place = pick(message.size());
                switch (pick(5)) {
                    case 0:
                        message[place] = static_cast<char>(random());
                        break;
                    case 1:
                        message.erase(place, pick(20));
                        break;
                    case 2:
                        message.insert(place, message.substr(pick(message.size()), pick(30)));
                        break;
                    case 3:
                        message.resize(place);
                        break;
                    default:
                        message.insert(place, std::string(pick(40), "[{\"0-9,:"[pick(8)]));
                }
            }
            session.receive(message);
            if (pick(8) == 0 && !machine.listeners.empty()) {
                machine.listeners[pick(machine.listeners.size())]->on_sample({});
            }
            if (pick(16) == 0) {
                loop->defer([&] { loop->stop(0); });
                loop->run();
            }
        }
    }
    CHECK(answers > 1000);
}

}  // namespace leaklens::tests
