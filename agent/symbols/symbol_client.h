// The agent's side of the symbol reader: a child process without privileges that parses ELF and
// DWARF with elfutils. A file that crashes it costs that file's symbols and nothing else.
#pragma once

#include <sys/types.h>

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

enum class SymbolSource { pending, dwarf, symtab, none };

struct ModuleSymbols {
    std::uint64_t module = 0;
    SymbolSource source = SymbolSource::pending;
    std::string debug_file;  // path of a separate debug file, empty otherwise
    std::string problem;     // for a person, empty where all is well
};

// Lives on the agent's event loop; no call blocks. Answers come through the callbacks, from
// on_readable().
class SymbolClient {
  public:
    struct Callbacks {
        std::function<void(SymbolAnswer)> on_answer;
        std::function<void(ModuleSymbols)> on_module;
    };

    // The child is started lazily, with /proc/self/exe and the hidden argument `symbols`.
    explicit SymbolClient(Callbacks callbacks);
    ~SymbolClient();  // ends and reaps the child
    SymbolClient(const SymbolClient&) = delete;
    SymbolClient& operator=(const SymbolClient&) = delete;

    // Introduces a module: its ELF file, and the process in whose root separate debug files
    // (.build-id, .gnu_debuglink) are looked for. `module` is the caller's number for it.
    void add_module(std::uint64_t module, Fd elf, pid_t pid, const std::string& path);
    // Asks for the frames at an ELF virtual address of a module.
    void request(std::uint64_t ticket, std::uint64_t module, std::uint64_t address);
    // Requests without an answer yet.
    [[nodiscard]] std::size_t pending() const;

    // For the event loop: the descriptor to watch (-1 while no child runs), whether writability
    // matters, and what to call. It is allowed to change after each call.
    [[nodiscard]] int fd() const;
    [[nodiscard]] bool wants_write() const;
    void on_readable();
    void on_writable();
    // Drives time-outs (a file that makes the reader spin is given up after 10 s): call it once a
    // second.
    void on_tick();

    [[nodiscard]] std::uint64_t child_cpu_ns() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

// The child's main: serves requests on `socket` until it closes. Returns an exit code.
int run_symbol_worker(int socket);

}  // namespace leaklens
