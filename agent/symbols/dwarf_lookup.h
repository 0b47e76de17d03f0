// From an address to functions, files and lines, with elfutils: what the symbol reader's child
// does. Not for the privileged process: a hostile file may crash elfutils.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "agent/result.h"
#include "agent/symbols/symbol_client.h"

namespace leaklens {

// Descriptors of one module's files; they stay owned by the caller and must outlive the lookup.
struct ModuleFiles {
    int elf = -1;
    int debug = -1;      // separate debug file, -1 for none
    int alternate = -1;  // what .gnu_debugaltlink names (shared strings and types), -1 for none
};

class DwarfLookup {
  public:
    // Reads headers only; sections are mapped, and looked at when an address needs them. An error
    // (malformed_file) when the module's own file is no ELF file.
    static Result<std::unique_ptr<DwarfLookup>> open(const ModuleFiles& files);
    ~DwarfLookup();
    DwarfLookup(const DwarfLookup&) = delete;
    DwarfLookup& operator=(const DwarfLookup&) = delete;

    // dwarf where the files have any, symtab where they have names of functions, else none.
    [[nodiscard]] SymbolSource source() const;
    // The frames at an ELF virtual address, innermost first: the function there, and before it
    // what was inlined into it. Text is raw: neither its length nor its characters are checked.
    std::vector<SymbolFrame> frames_at(std::uint64_t address);
    // Gives the mapped files' pages back to the page cache, from where they return when needed.
    void release_pages() const;

  private:
    class Impl;
    explicit DwarfLookup(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace leaklens
