#include "agent/wire/wire.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "agent/tests/message_reader.h"

namespace leaklens {
namespace {

using tests::Json;

std::string request(const std::string& rest) {
    return R"({"jsonrpc":"2.0","id":1,)" + rest + "}";
}

template <typename T>
T decoded(const std::string& body) {
    const auto request = decode_request(body);
    REQUIRE(request.has_value());
    const auto* call = std::get_if<Call>(&request->call);
    REQUIRE(call != nullptr);
    REQUIRE(std::holds_alternative<T>(*call));
    return std::get<T>(*call);
}

RpcError refused(const std::string& body) {
    const auto request = decode_request(body);
    REQUIRE(request.has_value());
    REQUIRE(std::holds_alternative<RpcError>(request->call));
    return std::get<RpcError>(request->call);
}

}  // namespace

TEST_CASE("requests are decoded") {
    const auto initialize = decoded<InitializeCall>(request(
        R"("method":"initialize","params":{"protocolVersion":1,"client":{"name":"n","version":"v","more":1},"later":{}})"));
    CHECK(initialize.version == 1);
    CHECK(initialize.client_name == "n");
    CHECK(initialize.client_version == "v");

    const auto start = decoded<CaptureStartCall>(request(
        R"("method":"capture/start","params":{"pid":2147483647,"intervalMs":100,"limits":{"blocks":16,"unwindRows":16777216}})"));
    CHECK(start.pid == 2147483647);
    CHECK(start.interval_ms == 100);
    CHECK(start.limits.blocks == 16);
    CHECK(start.limits.unwind_rows == 16777216);
    CHECK(start.limits.stacks == CaptureLimits{}.stacks);

    CHECK(decoded<CaptureStopCall>(request(R"("method":"capture/stop","params":{"captureId":3})"))
              .capture_id == 3);
    CHECK(decoded<DoctorCall>(request(R"("method":"doctor","params":{"pid":5})")).pid == 5);
    CHECK_FALSE(decoded<DoctorCall>(request(R"("method":"doctor","params":{})")).pid.has_value());
    CHECK_FALSE(decoded<DoctorCall>(request(R"("method":"doctor")")).pid.has_value());
}

TEST_CASE("no parameters can be spelled in four ways") {
    for (const char* params : {"", R"(,"params":{})", R"(,"params":[])", R"(,"params":null)"}) {
        CAPTURE(params);
        decoded<ShutdownCall>(request(std::string(R"("method":"shutdown")") + params));
        decoded<ProcessListCall>(request(std::string(R"("method":"process/list")") + params));
    }
}

TEST_CASE("integers may be written with a point or an exponent, when they are integers") {
    const auto start = [](const std::string& interval) {
        return request(R"("method":"capture/start","params":{"pid":1,"intervalMs":)" + interval +
                       "}");
    };
    CHECK(decoded<CaptureStartCall>(start("1000.0")).interval_ms == 1000);
    CHECK(decoded<CaptureStartCall>(start("1e3")).interval_ms == 1000);
    for (const char* wrong : {"1000.5", "99", "60001", "-1000", "1e300", "18446744073709551615",
                              "9223372036854775808", "\"1000\"", "true", "null", "[1000]", "{}"}) {
        CAPTURE(wrong);
        CHECK(refused(start(wrong)).code == RpcCode::invalid_params);
        CHECK(refused(start(wrong)).message == "intervalMs must be an integer from 100 to 60000");
    }
}

TEST_CASE("process numbers fit into a pid_t") {
    for (const char* pid : {"-1", "2147483648", "4294967297", "0.5"}) {
        CAPTURE(pid);
        CHECK(refused(request(std::string(R"("method":"doctor","params":{"pid":)") + pid + "}"))
                  .code == RpcCode::invalid_params);
    }
}

TEST_CASE("ids are echoed as they came") {
    for (const char* id :
         {"1", "-7", "0", "\"a\"", "\"\"", "1.5", "\"\\u00e9\\n\"", "18446744073709551615"}) {
        CAPTURE(id);
        const auto request =
            decode_request(std::string(R"({"jsonrpc":"2.0","method":"x","id":)") + id + "}");
        REQUIRE(request.has_value());
        CHECK(Json::parse(request->id) == Json::parse(id));
        const Json answer = Json::parse(encode_null_result(request->id));
        CHECK(answer.at("id") == Json::parse(id));
        CHECK(answer.at("result").is_null());
    }
    for (const char* id : {"null", "true", "[1]", "{}"}) {
        CAPTURE(id);
        const auto request =
            decode_request(std::string(R"({"jsonrpc":"2.0","method":"x","id":)") + id + "}");
        REQUIRE(request.has_value());
        CHECK(request->id == "null");
        CHECK(std::get<RpcError>(request->call).code == RpcCode::invalid_request);
    }
    CHECK(refused(R"({"jsonrpc":"2.0","method":"x","id":")" + std::string(300, 'i') + "\"}").code ==
          RpcCode::invalid_request);
}

TEST_CASE("what wants no answer gets none") {
    CHECK_FALSE(decode_request(R"({"jsonrpc":"2.0","method":"initialize"})").has_value());
    CHECK_FALSE(decode_request(R"({"jsonrpc":"2.0","method":"$/x","params":7})").has_value());
    CHECK_FALSE(decode_request(R"({"jsonrpc":"2.0","id":1,"result":null})").has_value());
    CHECK_FALSE(decode_request(R"({"jsonrpc":"2.0","id":1,"error":{}})").has_value());
}

TEST_CASE("what is no JSON is a parse error") {
    for (const char* body :
         {"", " ", "{", "}", "{]", "nul", "{\"a\":}", "{\"a\":1,}", "\"\xff\"", "{\"a\":\"\x01\"}",
          "1 2", "[1e999]", "\xef\xbb\xbf", "'a'", "{\"\\ud800\":1}"}) {
        CAPTURE(body);
        CHECK(refused(body).code == RpcCode::parse_error);
    }
    CHECK(refused(std::string("{}\0", 3)).code == RpcCode::parse_error);
    for (const char* body : {"1", "\"a\"", "null", "true", "[]", "[1]"}) {
        CAPTURE(body);
        CHECK(refused(body).code == RpcCode::invalid_request);
    }
}

TEST_CASE("deep nesting is refused before anything walks it") {
    const std::string open(200'000, '[');
    CHECK(refused(open).message == "the message is nested too deep");
    CHECK(refused(open + std::string(200'000, ']')).message == "the message is nested too deep");
    std::string objects;
    for (int i = 0; i < 50'000; ++i)
        objects += "{\"a\":";
    CHECK(refused(objects).message == "the message is nested too deep");
    // Brackets in strings, escaped quotes included, are no nesting.
    CHECK(refused("\"" + std::string(100, '[') + "\\\"" + std::string(100, '{') + "\"").code ==
          RpcCode::invalid_request);
}

TEST_CASE("strings that are not UTF-8 are sent as UTF-8") {
    ProcessInfo process;
    process.name = "a\xff\xc3";
    process.command = {std::string("nul\0in", 6), "\xed\xa0\x80"};
    process.user = "\"\\\n\x1b[31m";
    const std::string body = encode_result("1", std::vector<ProcessInfo>{process});
    const Json answer = Json::parse(body);
    const Json& sent = answer.at("result").at("processes").at(0);
    CHECK(sent.at("name") == "a\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(sent.at("command").at(0) == std::string("nul\0in", 6));
    CHECK(sent.at("user") == "\"\\\n\x1b[31m");
    CHECK(body.find('\n') == std::string::npos);
}

TEST_CASE("numbers that JSON cannot carry become ones that it can") {
    SampleReport sample;
    sample.time_ns = std::numeric_limits<std::uint64_t>::max();
    sample.cost.core_share = std::numeric_limits<double>::quiet_NaN();
    sample.cost.target_share = -0.25;
    sample.unix_ms = std::numeric_limits<double>::infinity();
    const Json message = Json::parse(encode_sample(1, sample));
    const Json& params = message.at("params");
    CHECK(params.at("timeNs") == 9007199254740991U);
    CHECK(params.at("cost").at("coreShare") == 0.0);
    CHECK(params.at("cost").at("targetShare") == 0.0);
    CHECK(params.at("unixMs") == 0.0);
}

TEST_CASE("names outside the protocol's lists are sent as ones inside") {
    ProcessInfo process;
    process.allocators = {{"hoard", "/lib/libhoard.so"}, {"mimalloc", "/lib/libmimalloc.so"}};
    process.obstacle = Error{ErrorKind::internal, "m", {}};
    const Json answer = Json::parse(encode_result("1", std::vector<ProcessInfo>{process}));
    const Json& sent = answer.at("result").at("processes").at(0);
    CHECK(sent.at("allocators").at(0).at("family") == "other");
    CHECK(sent.at("allocators").at(1).at("family") == "mimalloc");
    CHECK(sent.at("obstacle").at("kind") == "unsupported");
    CHECK(Json::parse(encode_log("shout", "m")).at("params").at("level") == "info");
    CHECK(Json::parse(encode_log("warning", "m")).at("params").at("level") == "warning");
}

TEST_CASE("errors that a user can act on carry their kind, others do not cross the wire as such") {
    const Json impossible = Json::parse(encode_error(
        "\"a\"", Error{ErrorKind::seccomp_would_kill, "it would be killed", "update"}));
    CHECK(impossible.at("id") == "a");
    CHECK(impossible.at("error").at("code") == -32101);
    CHECK(impossible.at("error").at("data") ==
          Json{{"kind", "seccompWouldKill"}, {"advice", "update"}});
    const Json internal = Json::parse(encode_error("1", Error{ErrorKind::internal, "oops", {}}));
    CHECK(internal.at("error").at("code") == -32603);
    CHECK_FALSE(internal.at("error").contains("data"));
}

TEST_CASE("a module's two problems are told in one line") {
    ModuleReport module;
    module.problem = "its rows found no room";
    module.symbols.problem = "it is stripped";
    const Json message = Json::parse(encode_modules(1, {module}));
    CHECK(message.at("params").at("modules").at(0).at("problem") ==
          "its rows found no room; it is stripped");
}

}  // namespace leaklens
