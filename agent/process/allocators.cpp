// Finding allocators: by module, with the answer for each file remembered.
#include "agent/process/allocators.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "agent/elf/elf_image.h"
#include "agent/probes/probe_plan.h"

namespace leaklens {
namespace {

// Device, inode, and time of change in s and ns, which together tell one state of a file from any
// other: an inode number alone may be used again.
using FileKey = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;

struct FileAnswer {
    std::string family;  // empty: no allocator in it
    bool foreign = false;
};

// Beyond this the memory is not worth the time that it saves.
constexpr std::size_t max_remembered_files = 4096;

// Modules that are looked at in one process; plug-in hosts map hundreds.
constexpr std::size_t max_modules = 2048;

bool looks_like_allocator(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const auto has = [&](std::string_view part) { return name.find(part) != name.npos; };
    return name.starts_with("libc.so") || name.starts_with("libc-") ||
           name.starts_with("ld-musl") || has("jemalloc") || has("tcmalloc") || has("mimalloc");
}

FileAnswer examine(const Fd& file, const std::string& path) {
    const auto image = ElfImage::open(file.get());
    if (!image.ok()) return {{}, image.error().kind == ErrorKind::unsupported};
    // Where a probe would sit does not matter here, only whether there is one.
    const ProbePlan plan = plan_probes(*image, path, true);
    if (plan.probes.empty()) return {};
    return {plan.family, false};
}

FileAnswer remembered(const Fd& file, const std::string& path) {
    static std::map<FileKey, FileAnswer> answers;
    struct stat status {};
    if (fstat(file.get(), &status) != 0) return {};
    const FileKey key{status.st_dev, status.st_ino, status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
    if (const auto found = answers.find(key); found != answers.end()) return found->second;
    if (answers.size() >= max_remembered_files) answers.clear();
    return answers.emplace(key, examine(file, path)).first->second;
}

}  // namespace

Result<std::vector<AllocatorFound>> find_allocators(pid_t pid, const std::vector<Mapping>& mappings,
                                                    const std::string& executable,
                                                    AllocatorSearch search) {
    std::vector<AllocatorFound> allocators;
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
    for (const Mapping& mapping : mappings) {
        if (!mapping.executable || mapping.inode == 0) continue;
        const bool is_executable = mapping.path == executable;
        if (search == AllocatorSearch::likely_modules && !is_executable &&
            !looks_like_allocator(mapping.path)) {
            continue;
        }
        const std::uint64_t device =
            (std::uint64_t{mapping.device_major} << 32) | mapping.device_minor;
        if (!seen.emplace(device, mapping.inode).second) continue;
        if (seen.size() > max_modules) break;
        const auto file = open_mapped_file(pid, mapping);
        if (!file.ok()) continue;
        const FileAnswer answer = remembered(*file, mapping.path);
        if (answer.foreign && is_executable) {
            return Error{ErrorKind::unsupported,
                         "process " + std::to_string(pid) +
                             " is no 64-bit program of this machine's architecture",
                         "Build the program for this machine's own architecture."};
        }
        if (!answer.family.empty()) allocators.push_back({answer.family, mapping.path});
    }
    return allocators;
}

}  // namespace leaklens
