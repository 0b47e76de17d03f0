// The symbol client with a real reader process: what it answers, what that process may do, and
// what happens when it crashes, hangs, lies or cannot be started.
#include "agent/symbols/symbol_client.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "agent/tests/elf_files.h"
#include "agent/tests/symbol_samples.h"

namespace leaklens {
namespace {

using Clock = std::chrono::steady_clock;
using test::build_sample;
using test::marked_line;
using test::Sample;
using test::TemporaryFolder;

constexpr std::chrono::seconds kPatience{60};

SymbolReaderOptions with_reader(const std::string& executable = SYMBOL_READER) {
    SymbolReaderOptions options;
    options.executable = executable;
    return options;
}

// A client, the event loop that it needs, and everything that it told.
class Conversation {
  public:
    explicit Conversation(const SymbolReaderOptions& options = with_reader())
        : client({.on_answer =
                      [this](SymbolAnswer answer) {
                          const bool first =
                              answers.emplace(answer.ticket, std::move(answer.frames)).second;
                          CHECK(first);
                      },
                  .on_module =
                      [this](ModuleSymbols symbols) {
                          ++module_messages;
                          modules[symbols.module] = std::move(symbols);
                      }},
                 options) {}

    void add(std::uint64_t module, const std::string& path) {
        client.add_module(module, test::open_file(path), getpid(), path);
    }
    // Waits until everything is answered.
    void settle() {
        wait_until([this] { return client.pending() == 0; });
    }
    template <typename Condition>
    void wait_until(Condition condition) {
        const auto deadline = Clock::now() + kPatience;
        while (!condition()) {
            REQUIRE(Clock::now() < deadline);
            pollfd ready{client.fd(), POLLIN, 0};
            if (poll(&ready, 1, 50) > 0) client.on_readable();
            client.on_tick();
        }
    }
    std::vector<SymbolFrame> ask(std::uint64_t ticket, std::uint64_t module,
                                 std::uint64_t address) {
        client.request(ticket, module, address);
        settle();
        return answers.at(ticket);
    }

    SymbolClient client;
    std::map<std::uint64_t, std::vector<SymbolFrame>> answers;
    std::map<std::uint64_t, ModuleSymbols> modules;
    int module_messages = 0;
};

// The value of a field of /proc/PID/status.
std::string status_field(pid_t pid, const std::string& name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(name + ":")) continue;
        const std::size_t value = line.find_first_not_of(" \t", name.size() + 1);
        return value == std::string::npos ? std::string() : line.substr(value);
    }
    return {};
}

const Sample& sample() {
    static const TemporaryFolder folder;
    static const Sample built = build_sample(folder.path() / "program", "g++", {"-O2", "-g"});
    return built;
}

void check_grow(const std::vector<SymbolFrame>& frames) {
    REQUIRE(frames.size() == 3);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        CHECK(frames[i].file == test::sample_source().string());
        CHECK(frames[i].line == marked_line("grow." + std::to_string(i)));
        CHECK(frames[i].inlined == (i < 2));
    }
    CHECK(frames[0].function.starts_with("(anonymous namespace)::Tree::grow("));
}

TEST_CASE("addresses are answered with frames, modules with the source of their symbols") {
    const TemporaryFolder folder;
    const std::string stripped = folder.path() / "stripped";
    test::run({"strip", "--strip-debug", sample().program, "-o", stripped});
    Conversation talk;
    CHECK(talk.client.child_pid() == -1);
    talk.add(1, sample().program);
    talk.add(2, stripped);
    CHECK(talk.client.child_pid() == -1);  // Nothing was asked yet.
    talk.client.request(10, 1, sample().addresses.at("grow"));
    talk.client.request(11, 2, 1);
    talk.client.request(12, 3, 1);  // a module that was never introduced
    talk.client.request(13, 1, sample().addresses.at("main"));
    CHECK(talk.client.pending() == 4);
    CHECK(talk.answers.empty());  // Nothing is called back from inside a call.
    talk.settle();
    check_grow(talk.answers.at(10));
    CHECK(talk.answers.at(11).empty());
    CHECK(talk.answers.at(12).empty());
    CHECK(talk.answers.at(13).at(0).function == "main");
    CHECK(talk.modules.at(1).source == SymbolSource::dwarf);
    CHECK(talk.modules.at(1).debug_file.empty());
    CHECK(talk.modules.at(1).problem.empty());
    CHECK(talk.modules.at(2).source == SymbolSource::symtab);
    CHECK(talk.module_messages == 2);
    CHECK(talk.client.child_cpu_ns() > 0);
}

TEST_CASE("ten thousand requests at once are all answered, and the right way round") {
    Conversation talk;
    talk.add(1, sample().program);
    constexpr std::uint64_t kRequests = 10'000;
    for (std::uint64_t i = 0; i < kRequests; ++i) {
        talk.client.request(i, 1, sample().addresses.at(i % 2 == 0 ? "grow" : "main"));
    }
    talk.settle();
    REQUIRE(talk.answers.size() == kRequests);
    for (const auto& [ticket, frames] : talk.answers)
        CHECK(frames.size() == (ticket % 2 == 0 ? 3 : 1));
}

TEST_CASE("the reader has no privilege, no descriptor but its socket, and a name") {
    Conversation talk;
    talk.add(1, sample().program);
    talk.ask(1, 1, sample().addresses.at("grow"));
    const pid_t child = talk.client.child_pid();
    REQUIRE(child > 0);
    for (const std::string set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
        CHECK(status_field(child, set) == "0000000000000000");
    }
    if (geteuid() == 0) {
        CHECK(status_field(child, "CapBnd") == "0000000000000000");
        CHECK(status_field(child, "Uid") == "65534\t65534\t65534\t65534");
        CHECK(status_field(child, "Gid") == "65534\t65534\t65534\t65534");
        CHECK(status_field(child, "Groups").empty());
    }
    CHECK(status_field(child, "NoNewPrivs") == "1");
    CHECK(status_field(child, "Seccomp") == "2");
    CHECK(status_field(child, "Name") == "leaklens-symbol");

    std::map<int, std::string> descriptors;
    const std::filesystem::path folder = "/proc/" + std::to_string(child) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        descriptors[std::stoi(entry.path().filename())] = std::filesystem::read_symlink(entry);
    }
    REQUIRE(descriptors.size() == 5);
    for (const int standard : {0, 1, 2})
        CHECK(descriptors[standard] == "/dev/null");
    CHECK(descriptors[3].starts_with("socket:"));
    CHECK(descriptors[4] == sample().program);
    CHECK(std::filesystem::file_size("/proc/" + std::to_string(child) + "/environ") == 0);
}

TEST_CASE("a debug file beside a stripped program is used and named") {
    const TemporaryFolder folder;
    const std::string program = folder.path() / "program";
    const std::string debug = program + ".debug";
    SUBCASE("vouched for by the build id") {
        build_sample(program, "g++", {"-O2", "-g"});
    }
    SUBCASE("vouched for by its checksum") {
        build_sample(program, "g++", {"-O2", "-g", "-Wl,--build-id=none"});
    }
    const std::uint64_t grow = sample().addresses.at("grow");
    test::run({"objcopy", "--only-keep-debug", program, debug});
    test::run({"strip", program});
    test::run({"objcopy", "--add-gnu-debuglink=" + debug, program});
    Conversation talk;
    talk.add(1, program);
    check_grow(talk.ask(1, 1, grow));
    CHECK(talk.modules.at(1).source == SymbolSource::dwarf);
    CHECK(talk.modules.at(1).debug_file == debug);
}

TEST_CASE("a debug file with the wrong checksum is not used, and that is said") {
    const TemporaryFolder folder;
    const std::string program = folder.path() / "program";
    const std::string debug = program + ".debug";
    build_sample(program, "g++", {"-O2", "-g", "-Wl,--build-id=none"});
    test::run({"objcopy", "--only-keep-debug", program, debug});
    test::run({"strip", "--strip-debug", program});
    test::run({"objcopy", "--add-gnu-debuglink=" + debug, program});
    std::ofstream(debug, std::ios::app) << "one more line";
    Conversation talk;
    talk.add(1, program);
    const auto frames = talk.ask(1, 1, sample().addresses.at("grow"));
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].line == 0);
    CHECK(talk.modules.at(1).source == SymbolSource::symtab);
    CHECK(talk.modules.at(1).debug_file.empty());
    CHECK(talk.modules.at(1).problem == debug + " belongs to another build");
}

TEST_CASE("a file that is no ELF file has no symbols, and no reader is needed to know") {
    Conversation talk;
    talk.add(1, test::sample_source());
    CHECK(talk.ask(1, 1, 4096).empty());
    CHECK(talk.modules.at(1).source == SymbolSource::none);
    CHECK_FALSE(talk.modules.at(1).problem.empty());
    CHECK(talk.client.child_pid() == -1);
}

// Stops the reader, so that what is asked next stays unanswered until something is done about it.
pid_t stop_reader(Conversation& talk) {
    talk.add(100, sample().program);
    talk.ask(UINT64_MAX, 100, sample().addresses.at("main"));
    const pid_t child = talk.client.child_pid();
    REQUIRE(kill(child, SIGSTOP) == 0);
    return child;
}

TEST_CASE("when the reader crashes, the file it was at loses its symbols and no other") {
    Conversation talk;
    const pid_t first = stop_reader(talk);
    for (std::uint64_t module = 1; module <= 3; ++module)
        talk.add(module, sample().program);
    for (std::uint64_t ticket = 1; ticket <= 9; ++ticket) {
        talk.client.request(ticket, 1 + (ticket - 1) / 3, sample().addresses.at("grow"));
    }
    REQUIRE(kill(first, SIGSEGV) == 0);
    REQUIRE(kill(first, SIGCONT) == 0);
    talk.settle();
    for (std::uint64_t ticket = 1; ticket <= 3; ++ticket)
        CHECK(talk.answers.at(ticket).empty());
    for (std::uint64_t ticket = 4; ticket <= 9; ++ticket)
        check_grow(talk.answers.at(ticket));
    CHECK(talk.modules.at(1).source == SymbolSource::none);
    CHECK(talk.modules.at(1).problem ==
          "the symbol reader crashed (Segmentation fault) while it read this file");
    CHECK(talk.modules.at(2).source == SymbolSource::dwarf);
    CHECK(talk.modules.at(100).source == SymbolSource::dwarf);
    CHECK(talk.client.child_pid() != first);
    check_grow(talk.ask(10, 100, sample().addresses.at("grow")));
    CHECK(talk.ask(11, 1, sample().addresses.at("grow")).empty());
}

TEST_CASE("when the idle reader ends, nobody is to blame") {
    Conversation talk;
    talk.add(1, sample().program);
    check_grow(talk.ask(1, 1, sample().addresses.at("grow")));
    const std::uint64_t before = talk.client.child_cpu_ns();
    REQUIRE(kill(talk.client.child_pid(), SIGKILL) == 0);
    talk.wait_until([&talk] { return talk.client.child_pid() == -1; });
    CHECK(talk.client.child_cpu_ns() + 1'000'000 >= before);  // rusage counts in microseconds
    check_grow(talk.ask(2, 1, sample().addresses.at("grow")));
    CHECK(talk.modules.at(1).source == SymbolSource::dwarf);
    CHECK(talk.module_messages == 1);
}

TEST_CASE("a reader that does not answer in time is stopped") {
    SymbolReaderOptions options = with_reader();
    options.request_limit =
        std::chrono::milliseconds(300);  // of processor time, 1.8 s by the clock
    Conversation talk(options);
    stop_reader(talk);
    talk.add(1, sample().program);
    talk.add(2, sample().program);
    talk.client.request(1, 1, sample().addresses.at("grow"));
    talk.client.request(2, 2, sample().addresses.at("grow"));
    talk.settle();
    CHECK(talk.answers.at(1).empty());
    check_grow(talk.answers.at(2));
    CHECK(talk.modules.at(1).problem ==
          "the symbol reader took too long and was stopped while it read this file");
}

TEST_CASE("a reader that computes without end is stopped") {
    SymbolReaderOptions options = with_reader(FALSE_SYMBOL_READER);
    options.request_limit = std::chrono::milliseconds(300);
    Conversation talk(options);
    talk.add(1, sample().program);
    CHECK(talk.ask(6, 1, 6).empty());
    CHECK(talk.modules.at(1).problem ==
          "the symbol reader took too long and was stopped while it read this file");
    CHECK(talk.client.child_cpu_ns() >= 300'000'000);
}

TEST_CASE("after too many ends symbols are off, and that is said") {
    SymbolReaderOptions options = with_reader();
    options.restart_limit = 2;
    Conversation talk(options);
    for (std::uint64_t module = 1; module <= 5; ++module)
        talk.add(module, sample().program);
    for (std::uint64_t module = 1; module <= 3; ++module) {
        check_grow(talk.ask(module, module, sample().addresses.at("grow")));
        REQUIRE(kill(talk.client.child_pid(), SIGKILL) == 0);
        talk.wait_until([&talk] { return talk.client.child_pid() == -1; });
    }
    CHECK(talk.ask(4, 4, sample().addresses.at("grow")).empty());
    CHECK(talk.client.child_pid() == -1);
    const std::string problem = "symbols are off: the symbol reader ended 3 times";
    CHECK(talk.modules.at(1).problem == problem);
    CHECK(talk.modules.at(5).problem == problem);
    talk.add(6, sample().program);
    CHECK(talk.ask(6, 6, sample().addresses.at("grow")).empty());
    CHECK(talk.modules.at(6).problem == problem);
}

TEST_CASE("a reader that cannot run leaves requests without frames, not without answers") {
    for (const auto& [executable, problem] : std::map<std::string, std::string>{
             {"/no/such/file", "cannot start the symbol reader"},
             {"/bin/false", "the symbol reader ended (exit code 1) before it was ready"}}) {
        Conversation talk(with_reader(executable));
        talk.add(1, sample().program);
        CHECK(talk.ask(1, 1, sample().addresses.at("grow")).empty());
        CHECK(talk.modules.at(1).source == SymbolSource::none);
        CHECK(talk.modules.at(1).problem.starts_with(problem));
    }
}

TEST_CASE("nothing that a false reader says is believed") {
    Conversation talk(with_reader(FALSE_SYMBOL_READER));
    talk.add(1, sample().program);
    const auto is_refused = [&talk](std::uint64_t lie, const std::string& reason) {
        CHECK(talk.ask(lie, 1, lie).empty());
        CHECK(talk.modules.at(1).problem ==
              "the symbol reader " + reason + " while it read this file");
    };
    SUBCASE("bytes that are no message") {
        is_refused(0, "gave malformed answers");
    }
    SUBCASE("an answer to what was not asked") {
        is_refused(1, "gave malformed answers");
    }
    SUBCASE("more frames than an answer may have") {
        is_refused(3, "gave malformed answers");
    }
    SUBCASE("a socket closed by a process that lives on") {
        is_refused(4, "was killed");
    }
    SUBCASE("text that is unfit to be shown") {
        const auto frames = talk.ask(2, 1, 2);
        REQUIRE(frames.size() == 2);
        CHECK(frames[0].function.starts_with("a[2J\xEF\xBF\xBDxxx"));
        CHECK(frames[0].function.size() <= 4096);
        CHECK(frames[0].file.size() <= 4096);
        CHECK(frames[0].inlined);
        CHECK_FALSE(frames[1].inlined);
    }
    SUBCASE("one answer too many") {
        CHECK(talk.ask(5, 1, 5).empty());
        talk.wait_until([&talk] { return talk.client.child_pid() == -1; });
        CHECK(talk.modules.at(1).source == SymbolSource::dwarf);
    }
}

TEST_CASE("the reader ends with its client") {
    pid_t child = -1;
    {
        Conversation talk;
        talk.add(1, sample().program);
        talk.client.request(1, 1, sample().addresses.at("grow"));
        child = talk.client.child_pid();
        REQUIRE(kill(child, 0) == 0);
    }
    CHECK(kill(child, 0) != 0);
}

}  // namespace
}  // namespace leaklens
