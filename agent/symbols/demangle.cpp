#include "agent/symbols/demangle.h"

#include <cxxabi.h>

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace leaklens {

namespace {

// Longer names are real in template-heavy code, but nobody reads them, and the demangler's time
// and stack can grow much faster than its input.
constexpr std::size_t kLongestMangledName = 16384;

struct Free {
    // __cxa_demangle's result comes from malloc.
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
    void operator()(char* text) const { std::free(text); }
};

}  // namespace

std::string demangle(const char* name) {
    std::string symbol(name);
    const std::size_t mark = symbol.find_first_of(".@", 1);
    if (mark != std::string::npos) symbol.resize(mark);
    // Without this check "i" would come back as "int": the demangler takes names of types as well.
    if (!symbol.starts_with("_Z") || symbol.size() > kLongestMangledName) return symbol;
    int status = 0;
    const std::unique_ptr<char, Free> text(
        abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status));
    return status == 0 && text != nullptr ? std::string(text.get()) : symbol;
}

}  // namespace leaklens
