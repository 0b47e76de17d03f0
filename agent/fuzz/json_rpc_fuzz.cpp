// Any bytes through framing, decoding and the session's rules, with a machine whose captures do
// what other bytes say. Whatever comes in, what goes out is JSON-RPC.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/event_loop.h"
#include "agent/session.h"
#include "agent/tests/scripted_machine.h"
#include "agent/wire/framing.h"

namespace {

using leaklens::CaptureListener;
using leaklens::EndReason;
using leaklens::EventLoop;
using leaklens::FrameReader;
using leaklens::Session;
using leaklens::tests::ScriptedMachine;

void check_outgoing(std::string_view body) {
    const auto message = nlohmann::json::parse(body);
    if (message.at("jsonrpc") != "2.0") std::abort();
    const bool notification = message.contains("method");
    if (notification == message.contains("id")) std::abort();
    if (!notification && message.contains("result") == message.contains("error")) std::abort();
}

// Lets a capture report something, or end, as one byte says.
void stir(ScriptedMachine& machine, EventLoop& loop, std::uint8_t choice) {
    if (!machine.listeners.empty()) {
        CaptureListener& listener = *machine.listeners[choice % machine.listeners.size()];
        switch (choice >> 5) {
            case 0:
                listener.on_sample({});
                break;
            case 1:
                listener.on_log("info", std::string(1, static_cast<char>(choice)));
                break;
            case 2:
                listener.on_modules(std::vector<leaklens::ModuleReport>(choice & 3U));
                break;
            default:
                break;
        }
    }
    if ((choice & 1) != 0) {
        loop.defer([&loop] { loop.stop(0); });
        loop.run();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::uint8_t stir_byte = data[0];
    const bool framed = (data[1] & 1) != 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);

    auto loop = EventLoop::create();
    if (!loop.ok()) std::abort();
    ScriptedMachine machine;
    Session session(**loop, machine, check_outgoing);
    if ((data[1] & 2) != 0) {
        session.receive(
            R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":1,)"
            R"("client":{"name":"fuzz","version":"1"}}})");
    }
    if (framed) {
        FrameReader reader;
        reader.append(input);
        for (auto body = reader.next(); body.ok() && body->has_value(); body = reader.next()) {
            session.receive(**body);
            stir(machine, **loop, stir_byte);
        }
        return 0;
    }
    // One message a line: most mutations then reach the decoder.
    std::string_view rest = input;
    for (std::uint8_t turn = stir_byte; !rest.empty(); ++turn) {
        const auto end = rest.find('\n');
        session.receive(rest.substr(0, end));
        stir(machine, **loop, turn);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return 0;
}
