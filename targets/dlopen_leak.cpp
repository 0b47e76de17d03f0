// Ground truth: leak
// The library that leaks is opened half way (--onset), long after a capture began: its code was not
// mapped when the unwind tables were read. The program is not linked with it.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "pace.h"

namespace {

using Convert = std::size_t (*)(const char* text);

// The plugin lies beside the executable.
std::string plugin_path(const char* program) {
    const std::string path = program;
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
    return folder + "/dlopen_leak.plugin.so";
}

Convert open_plugin(const char* program) {
    void* library = dlopen(plugin_path(program).c_str(), RTLD_NOW);
    if (library == nullptr) {
        std::fprintf(stderr, "dlopen_leak: %s\n", dlerror());
        std::exit(1);
    }
    // POSIX lets a function's address travel as void*.
    return reinterpret_cast<Convert>(dlsym(library, "plugin_convert"));
}

[[gnu::noinline]] std::size_t convert_here(const std::string& text) {
    const std::string copy = "converted by the program itself: " + text;
    return copy.size();
}

}  // namespace

int main(int argc, char** argv) {
    pace_start(argc, argv, 500);
    Convert convert = nullptr;
    std::size_t characters = 0;
    while (pace_next()) {
        const std::string text = "record " + std::to_string(characters % 1000);
        if (convert == nullptr && pace_past_onset()) convert = open_plugin(argv[0]);
        characters += convert == nullptr ? convert_here(text) : convert(text.c_str());
    }
    return pace_finish();
}
