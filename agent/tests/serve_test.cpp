// The agent as a process: its streams, its signals, its exit codes.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <random>
#include <string>

#include "agent/event_loop.h"
#include "agent/tests/agent_process.h"
#include "agent/wire/output_queue.h"

namespace leaklens::tests {
namespace {

using Json = nlohmann::json;

const Json hello{{"protocolVersion", 1}, {"client", {{"name", "test"}, {"version", "1"}}}};

struct SocketPair {
    Fd ours;
    Fd theirs;
    SocketPair() {
        std::array<int, 2> ends{};
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        ours = Fd(ends[0]);
        theirs = Fd(ends[1]);
    }
};

}  // namespace

TEST_CASE("the agent introduces itself, lists processes, and ends with its input") {
    AgentProcess agent;
    const auto welcome = agent.call("initialize", hello);
    REQUIRE(welcome.has_value());
    const Json& result = welcome->at("result");
    CHECK(result.at("protocolVersion") == 1);
    CHECK(result.at("agent").at("pid") == agent.pid());
    CHECK(result.at("host").at("cpus") > 0);
    CHECK(result.at("host").at("bootId").get<std::string>().size() == 36);
    const auto list = agent.call("process/list", Json::object());
    REQUIRE(list.has_value());
    bool found = false;
    for (const Json& process : list->at("result").at("processes")) {
        found = found || process.at("pid") == getpid();
        CHECK(process.at("pid") != agent.pid());
    }
    CHECK(found);
    agent.close_input();
    CHECK(agent.wait() == 0);
}

TEST_CASE("shutdown is answered, and the agent waits for the end of its input") {
    AgentProcess agent;
    REQUIRE(agent.call("initialize", hello).has_value());
    const auto answer = agent.call("shutdown", Json::object());
    REQUIRE(answer.has_value());
    CHECK(answer->at("result").is_null());
    CHECK(agent.call("process/list", Json::object())->at("error").at("code") == -32600);
    agent.close_input();
    CHECK(agent.wait() == 0);
}

TEST_CASE("signals that ask for the end end the agent cleanly") {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        CAPTURE(signal);
        AgentProcess agent;
        REQUIRE(agent.call("initialize", hello).has_value());
        kill(agent.pid(), signal);
        CHECK(agent.wait() == 0);
    }
}

TEST_CASE("a client that is gone ends the agent, whichever end it closed") {
    SUBCASE("its input, at once") {
        AgentProcess agent;
        agent.close_input();
        CHECK(agent.wait() == 0);
    }
    SUBCASE("its input, in the middle of a message") {
        AgentProcess agent;
        agent.write_bytes("Content-Length: 100\r\n\r\n{\"jsonrpc\"");
        agent.close_input();
        CHECK(agent.wait() == 0);
    }
    SUBCASE("its output, while the agent has nothing to say") {
        AgentProcess agent;
        REQUIRE(agent.call("initialize", hello).has_value());
        agent.close_output();
        CHECK(agent.wait() == 0);
    }
}

TEST_CASE("a stream without framing gets one answer, and the agent ends with code 1") {
    for (const std::string& garbage :
         {std::string("Content-Length: -5\r\n\r\n"), std::string("hello\r\n\r\n"),
          std::string(5000, 'x'), std::string("Content-Length: 99999999999999999999\r\n\r\n"),
          std::string("Content-Length: 1048577\r\n\r\n")}) {
        CAPTURE(garbage.substr(0, 40));
        AgentProcess agent;
        REQUIRE(agent.call("initialize", hello).has_value());
        agent.write_bytes(garbage);
        const auto answer = agent.receive();
        REQUIRE(answer.has_value());
        CHECK(answer->at("id").is_null());
        CHECK(answer->at("error").at("code") == -32700);
        CHECK_FALSE(agent.receive().has_value());
        CHECK(agent.wait() == 1);
    }
}

TEST_CASE("thousands of wrong messages are each answered, and the next right one too") {
    AgentProcess agent;
    REQUIRE(agent.call("initialize", hello).has_value());
    std::mt19937 random(7);
    const std::string whole =
        R"({"jsonrpc":"2.0","id":1,"method":"capture/start","params":{"pid":0,"intervalMs":100}})";
    for (int round = 0; round < 40; ++round) {
        std::string batch;
        for (int i = 0; i < 100; ++i) {
            std::string body = whole;
            body[random() % body.size()] = static_cast<char>(random());
            body.resize(random() % (body.size() + 1));
            batch += frame_message(body);
        }
        REQUIRE(agent.write_bytes(batch));
        const Json id = "round " + std::to_string(round);
        REQUIRE(agent.send({{"jsonrpc", "2.0"}, {"id", id}, {"method", "no/such"}}));
        std::size_t answers = 0;
        while (true) {
            const auto message = agent.receive();
            REQUIRE(message.has_value());
            if (message->at("id") == id) break;
            ++answers;
        }
        CHECK(answers <= 100);
    }
    REQUIRE(agent.write_bytes(frame_message(std::string(1 << 20, '['))));
    CHECK(agent.receive()->at("error").at("code") == -32700);
    agent.close_input();
    CHECK(agent.wait() == 0);
}

TEST_CASE("a slow client gets everything in the end") {
    AgentProcess agent;
    REQUIRE(agent.call("initialize", hello).has_value());
    // More answers than a pipe holds, none read meanwhile.
    std::string requests;
    constexpr int count = 3000;
    for (int i = 0; i < count; ++i) {
        requests += frame_message(
            Json{{"jsonrpc", "2.0"}, {"id", i}, {"method", std::string(100, 'm')}}.dump());
    }
    REQUIRE(agent.write_bytes(requests));
    for (int i = 0; i < count; ++i) {
        const auto answer = agent.receive();
        REQUIRE(answer.has_value());
        REQUIRE(answer->at("id") == i);
    }
    agent.close_input();
    CHECK(agent.wait() == 0);
}

TEST_CASE("arguments: what the agent prints, and its exit codes") {
    const auto run = [](const std::vector<std::string>& arguments) {
        AgentProcess agent(arguments);
        agent.close_input();
        const std::string output = agent.read_rest();
        return std::pair(agent.wait(), output);
    };
    CHECK(run({"version"}).second == "leaklens-agent " LEAKLENS_VERSION " (protocol 1)\n");
    CHECK(run({"--help"}).first == 0);
    CHECK(run({"--help"}).second.starts_with("usage: leaklens-agent serve"));
    for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                  {"fly"},
                                                  {"serve", "--port"},
                                                  {"version", "x"},
                                                  {"doctor", "--pid"},
                                                  {"doctor", "--pid", "0"},
                                                  {"doctor", "--pid", "1x"},
                                                  {"doctor", "--pid", "-1"},
                                                  {"doctor", "--verbose"}}) {
        AgentProcess agent(wrong);
        CHECK(agent.read_rest().empty());
        CHECK(agent.wait() == 2);
        CHECK(agent.errors().starts_with("leaklens-agent: "));
    }
}

TEST_CASE("output waits for a slow reader, and gives up a reader that has stopped") {
    const auto loop = std::move(EventLoop::create()).value();
    SocketPair pair;
    std::string lost;
    auto queue = OutputQueue::create(
        *loop, pair.ours.get(), [&](const std::string& reason) { lost = reason; }, 1 << 20);
    REQUIRE(queue.ok());
    const std::string body(100'000, 'b');
    for (int i = 0; i < 5; ++i)
        (*queue)->send(body);
    CHECK(lost.empty());
    CHECK((*queue)->queued_bytes() > 0);

    // The loop writes on as the reader reads.
    FrameReader reader;
    int received = 0;
    auto reading = loop->watch(pair.theirs.get(), EPOLLIN, [&](std::uint32_t) {
        std::array<char, 4096> chunk{};
        const ssize_t count = read(pair.theirs.get(), chunk.data(), chunk.size());
        REQUIRE(count > 0);
        reader.append({chunk.data(), static_cast<std::size_t>(count)});
        while (true) {
            const auto next = reader.next();
            REQUIRE(next.ok());
            if (!next->has_value()) break;
            CHECK(**next == body);
            if (++received == 5) loop->stop(0);
        }
    });
    REQUIRE(reading.ok());
    loop->run();
    CHECK((*queue)->queued_bytes() == 0);
    reading->reset();

    for (int i = 0; i < 20; ++i)
        (*queue)->send(body);
    CHECK(lost.starts_with("the client has stopped reading"));
    CHECK((*queue)->queued_bytes() == 0);
}

TEST_CASE("output notices a reader that went away, with and without something to say") {
    const auto loop = std::move(EventLoop::create()).value();
    signal(SIGPIPE, SIG_IGN);
    std::string lost;
    const auto on_lost = [&](const std::string& reason) {
        lost = reason;
        loop->stop(0);
    };
    SocketPair pair;
    auto queue = OutputQueue::create(*loop, pair.ours.get(), on_lost);
    REQUIRE(queue.ok());
    pair.theirs.reset();
    SUBCASE("with") {
        (*queue)->send("{}");
    }
    SUBCASE("without") {}
    loop->run();
    CHECK_FALSE(lost.empty());
    (*queue)->send("{}");
    CHECK((*queue)->queued_bytes() == 0);
}

TEST_CASE("output leaves its descriptor as it was") {
    const auto loop = std::move(EventLoop::create()).value();
    SocketPair pair;
    {
        auto queue = OutputQueue::create(*loop, pair.ours.get(), [](const std::string&) {});
        REQUIRE(queue.ok());
        CHECK((fcntl(pair.ours.get(), F_GETFL) & O_NONBLOCK) != 0);
        (*queue)->send("{}");
    }
    CHECK((fcntl(pair.ours.get(), F_GETFL) & O_NONBLOCK) == 0);
    CHECK_FALSE(OutputQueue::create(*loop, -1, [](const std::string&) {}).ok());
}

}  // namespace leaklens::tests
