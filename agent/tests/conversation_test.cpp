// The conversations of protocol/samples, played against a session.
#include <doctest/doctest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "agent/event_loop.h"
#include "agent/session.h"
#include "agent/tests/message_reader.h"
#include "agent/tests/scripted_machine.h"

namespace leaklens::tests {
namespace {

const std::filesystem::path protocol_folder =
    std::filesystem::path(__FILE__).parent_path() / "../../protocol";

struct Line {
    bool from_client = false;
    Json message;
};

std::vector<Line> read_conversation(const std::filesystem::path& path) {
    std::vector<Line> lines;
    std::ifstream file(path);
    for (std::string text; std::getline(file, text);) {
        const Json line = Json::parse(text);
        lines.push_back({line.at("from") == "client", line.at("message")});
    }
    return lines;
}

// Plays one conversation: the client's messages go in, and what the agent's messages say is what
// the machine answers or reports. What comes out must be those messages, one by one.
class Player {
  public:
    explicit Player(std::vector<Line> lines) : lines_(std::move(lines)) {
        // The conversation itself says when a stopped capture ends.
        machine_.on_stop = [](CaptureListener&) {};
    }

    void play() {
        for (position_ = 0; position_ < lines_.size(); ++position_) {
            const Line& line = lines_[position_];
            CAPTURE(line.message.dump());
            if (line.from_client) {
                REQUIRE(sent_.empty());
                prepare(line.message);
                const std::size_t before = machine_.listeners.size();
                session_.receive(line.message.dump());
                if (machine_.listeners.size() > before) {
                    captures_[next_number_] = machine_.listeners.back();
                }
            } else {
                if (sent_.empty()) report(line.message);
                REQUIRE(!sent_.empty());
                CHECK(Json::parse(sent_.front()) == line.message);
                sent_.pop_front();
            }
            // Captures that ended are destroyed on the loop's next turn.
            loop_->defer([this] { loop_->stop(0); });
            loop_->run();
        }
        CHECK(sent_.empty());
    }

  private:
    // Sets the machine's answer to what the conversation says.
    void prepare(const Json& request) {
        if (!request.is_object() || !request.contains("id")) return;
        for (std::size_t i = position_ + 1; i < lines_.size(); ++i) {
            const Json& message = lines_[i].message;
            if (lines_[i].from_client || message.value("id", Json()) != request.at("id")) continue;
            const Json method = request.at("method");
            if (message.contains("error")) {
                machine_.next_start = read_error(message.at("error"));
            } else if (method == "initialize") {
                machine_.description = read_initialize_result(message.at("result"));
            } else if (method == "process/list") {
                machine_.processes = read_processes(message.at("result"));
            } else if (method == "doctor") {
                machine_.report = read_doctor_report(message.at("result"));
            } else if (method == "capture/start") {
                machine_.next_start = read_started(message.at("result"));
                next_number_ = message.at("result").at("captureId");
            }
            break;
        }
    }

    // Lets the capture that a notification speaks of report it.
    void report(const Json& message) {
        const Json& params = message.at("params");
        const std::uint32_t number =
            params.value("captureId", captures_.empty() ? 0U : captures_.rbegin()->first);
        REQUIRE(captures_.count(number) == 1);
        CaptureListener& listener = *captures_.at(number);
        const Json& method = message.at("method");
        if (method == "capture/modules") listener.on_modules(read_modules(params));
        if (method == "capture/stacks") listener.on_stacks(read_stacks(params));
        if (method == "capture/symbols") listener.on_symbols(read_symbols(params));
        if (method == "capture/sample") listener.on_sample(read_sample(params));
        if (method == "log") listener.on_log(params.at("level"), params.at("message"));
        if (method == "capture/ended") {
            captures_.erase(number);
            listener.on_ended(read_end_reason(params), params.at("detail"));
        }
    }

    std::vector<Line> lines_;
    std::size_t position_ = 0;
    std::unique_ptr<EventLoop> loop_ = std::move(EventLoop::create()).value();
    ScriptedMachine machine_;
    std::deque<std::string> sent_;
    std::map<std::uint32_t, CaptureListener*> captures_;
    std::uint32_t next_number_ = 0;
    Session session_{*loop_, machine_, [this](std::string_view body) { sent_.emplace_back(body); }};
};

}  // namespace

TEST_CASE("every conversation of protocol/samples goes as it is written") {
    std::size_t played = 0;
    for (const auto& entry : std::filesystem::directory_iterator(protocol_folder / "samples")) {
        if (entry.path().extension() != ".jsonl") continue;
        CAPTURE(entry.path().filename().string());
        Player(read_conversation(entry.path())).play();
        ++played;
    }
    CHECK(played >= 3);
}

TEST_CASE("agent and protocol/agent.ts speak the same protocol version") {
    std::ifstream file(protocol_folder / "agent.ts");
    std::stringstream text;
    text << file.rdbuf();
    const std::string declaration =
        "export const PROTOCOL_VERSION = " + std::to_string(protocol_version) + ";";
    CHECK(text.str().find(declaration) != std::string::npos);
}

}  // namespace leaklens::tests
