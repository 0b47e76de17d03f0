// The agent's side of the symbol reader: a child process without privileges that parses ELF and
// DWARF with elfutils. A file that crashes it costs that file's symbols and nothing else.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/fd.h"
#include "agent/result.h"

namespace leaklens {

struct SymbolFrame {
    std::string function;  // demangled; empty where unknown
    std::string file;      // empty where unknown
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    bool inlined = false;
};

struct SymbolAnswer {
    std::uint64_t ticket = 0;         // as given to request()
    std::vector<SymbolFrame> frames;  // innermost first; empty: nothing is known
};

enum class SymbolSource : std::uint8_t { pending, dwarf, symtab, none };

struct ModuleSymbols {
    std::uint64_t module = 0;
    SymbolSource source = SymbolSource::pending;
    std::string debug_file;  // path of a separate debug file, empty otherwise
    std::string problem;     // for a person, empty where all is well
};

// How the symbol reader is run. The defaults are what the agent uses; tests inject their own.
struct SymbolReaderOptions {
    std::string executable = "/proc/self/exe";  // run with the one argument `symbols`
    // Processor time at one request; beyond it the file is given up. A reader that does not even
    // run (its disk is slow, the machine is busy) has six times as long.
    std::chrono::milliseconds request_limit{10'000};
    std::uint32_t restart_limit = 16;  // more: symbols are off
};

// Lives on the agent's event loop; no call blocks. Answers come through the callbacks, from
// on_readable() and on_tick() only; the callbacks may call add_module() and request().
class SymbolClient {
  public:
    struct Callbacks {
        std::function<void(SymbolAnswer)> on_answer;
        // What is known about a module's symbols: once the reader has opened it, which is when
        // its first request is served, and again should it turn out to be unreadable.
        std::function<void(ModuleSymbols)> on_module;
    };

    // The child is started by the first request, and again by the first one after it ended.
    explicit SymbolClient(Callbacks callbacks, SymbolReaderOptions options = {});
    ~SymbolClient();  // ends and reaps the child
    SymbolClient(const SymbolClient&) = delete;
    SymbolClient& operator=(const SymbolClient&) = delete;

    // Introduces a module: its ELF file, and the process in whose root separate debug files
    // (.build-id, .gnu_debuglink) are looked for, at once. `module` is the caller's number for it,
    // given once, `path` the file's path as that process sees it.
    void add_module(std::uint64_t module, Fd elf, pid_t pid, const std::string& path);
    // Asks for the frames at an ELF virtual address of a module. Every request is answered once,
    // those for modules that were never introduced too.
    void request(std::uint64_t ticket, std::uint64_t module, std::uint64_t address);
    // Requests without an answer yet.
    [[nodiscard]] std::size_t pending() const;

    // For the event loop: one descriptor for this object's whole life, whether or not a child
    // runs, to be watched for EPOLLIN; then on_readable() is to be called.
    [[nodiscard]] int fd() const;
    void on_readable();
    // Drives time-outs: call it once a second.
    void on_tick();

    // Processor time of this and all former children.
    [[nodiscard]] std::uint64_t child_cpu_ns() const;
    // -1 while none runs.
    [[nodiscard]] pid_t child_pid() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

// The child's main: gives up every privilege, then serves requests on `socket` until it closes.
// Returns an exit code.
int run_symbol_worker(int socket);

}  // namespace leaklens
