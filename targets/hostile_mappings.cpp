// Ground truth: exercise
// Maps every file of the folder in HOSTILE_FOLDER executable, as the loader would map a library,
// and then leaks like any other program: files that are no valid ELF may not disturb the capture of
// the valid ones.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "pace.h"

namespace {

bool map_file(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    struct stat status {};
    bool mapped = false;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        const auto bytes = static_cast<std::size_t>(status.st_size);
        mapped = mmap(nullptr, bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) != MAP_FAILED;
    }
    close(file);
    return mapped;
}

// Returns how many files it mapped.
unsigned map_folder(const char* folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(folder), closedir);
    unsigned mapped = 0;
    while (entries != nullptr) {
        const dirent* entry = readdir(entries.get());
        if (entry == nullptr) break;
        if (map_file(std::string(folder) + "/" + entry->d_name)) ++mapped;
    }
    return mapped;
}

struct Ticket {
    unsigned number;
    char holder[90];
};

[[gnu::noinline]] const Ticket* sell(unsigned number) {
    auto* ticket = new Ticket{number, {}};  // LEAK
    // Keeps the compiler from dropping an allocation that nobody looks at.
    asm volatile("" : "+r"(ticket) : : "memory");
    pace_leaked(sizeof *ticket);
    return ticket;
}

}  // namespace

int main(int argc, char** argv) {
    const char* folder = std::getenv("HOSTILE_FOLDER");
    if (folder == nullptr || map_folder(folder) == 0) {
        std::fputs("hostile_mappings: HOSTILE_FOLDER names no folder with files\n", stderr);
        return 2;
    }
    pace_start(argc, argv, 500);
    unsigned number = 0;
    while (pace_next()) {
        sell(number++);
    }
    return pace_finish();
}
