#include "agent/symbols/debug_file.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <span>
#include <string_view>
#include <utility>

#include "agent/elf/byte_reader.h"

namespace leaklens {

namespace {

constexpr std::string_view kDebugRoot = "/usr/lib/debug";
constexpr std::uint64_t kLongestAlternateLink = 4096 + 64;  // a path and a build id
constexpr std::size_t kLongestBuildId = 64;

bool has_contents(const ElfImage& image, std::string_view name) {
    const Section* section = image.section(name);
    return section != nullptr && section->type != SHT_NOBITS && section->size > 0;
}

bool has_debug_information(const ElfImage& image) {
    // The second is how old tools named compressed sections.
    return has_contents(image, ".debug_info") || has_contents(image, ".zdebug_info");
}

std::string build_id_path(const std::string& build_id) {
    if (build_id.size() < 4) return {};
    return std::string(kDebugRoot) + "/.build-id/" + build_id.substr(0, 2) + "/" +
           build_id.substr(2) + ".debug";
}

bool is_same_file(int a, int b) {
    struct stat first {};
    struct stat second {};
    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

// A file with something to offer, and the wanted build id (where that is not empty).
std::optional<DebugFile> open_candidate(int root, const std::string& path,
                                        const std::string& build_id, int module_fd) {
    if (path.empty()) return std::nullopt;
    Result<Fd> fd = open_in_root(root, path);
    if (!fd || is_same_file(fd->get(), module_fd)) return std::nullopt;
    const Result<ElfImage> image = ElfImage::open(fd->get());
    if (!image || !(has_debug_information(*image) || has_contents(*image, ".symtab"))) {
        return std::nullopt;
    }
    if (!build_id.empty() && image->build_id() != build_id) return std::nullopt;
    return DebugFile{std::move(fd).value(), path};
}

std::vector<std::string> link_paths(const std::string& module_path, const std::string& name) {
    const std::string directory = module_path.substr(0, module_path.rfind('/') + 1);
    return {directory + name, directory + ".debug/" + name,
            std::string(kDebugRoot) + directory + name};
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const std::uint8_t byte : bytes) {
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 0xFU];
    }
    return hex;
}

// .gnu_debugaltlink holds a path, which may be relative to the file, and the other's build id. That
// file is an object file, which ElfImage does not read: the symbol reader compares the build ids.
std::optional<DebugFile> find_alternate(const ElfImage& image, int root, const std::string& path) {
    const Section* section = image.section(".gnu_debugaltlink");
    if (section == nullptr) return std::nullopt;
    const auto contents = image.read(*section, kLongestAlternateLink);
    if (!contents) return std::nullopt;
    ByteReader reader(*contents);
    std::string target(reader.string());
    const auto id = reader.bytes(reader.remaining());
    if (!reader.ok() || target.empty() || id.empty() || id.size() > kLongestBuildId) {
        return std::nullopt;
    }
    if (target.front() != '/') target.insert(0, path.substr(0, path.rfind('/') + 1));
    for (std::string& candidate : std::array{build_id_path(to_hex(id)), std::move(target)}) {
        if (candidate.empty()) continue;
        if (Result<Fd> fd = open_in_root(root, candidate); fd.ok()) {
            return DebugFile{std::move(fd).value(), std::move(candidate)};
        }
    }
    return std::nullopt;
}

void find_candidates(const ElfImage& image, int root, const std::string& module_path,
                     DebugFiles& files) {
    const std::string build_id = image.build_id();
    if (auto file = open_candidate(root, build_id_path(build_id), build_id, image.fd())) {
        files.candidates.push_back(std::move(*file));
        return;
    }
    const std::optional<DebugLink> link = image.debug_link();
    if (!link || module_path.empty() || module_path.front() != '/') return;
    for (const std::string& path : link_paths(module_path, link->file_name)) {
        auto file = open_candidate(root, path, build_id, image.fd());
        if (!file) continue;
        files.candidates.push_back(std::move(*file));
        if (!build_id.empty()) return;
    }
    if (!files.candidates.empty()) files.crc = link->crc;
}

}  // namespace

Result<Fd> open_root(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/root";
    Fd root(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return Error::from_errno("cannot open " + path);
    return root;
}

Result<Fd> open_in_root(int root, const std::string& path) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const Fd place(static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
    if (!place) return Error::from_errno("cannot open " + path);
    struct stat status {};
    if (fstat(place.get(), &status) != 0) return Error::from_errno("cannot look at " + path);
    if (!S_ISREG(status.st_mode)) {
        return Error{ErrorKind::malformed_file, path + " is not a regular file", {}};
    }
    const std::string itself = "/proc/self/fd/" + std::to_string(place.get());
    Fd file(::open(itself.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file) return Error::from_errno("cannot open " + path);
    return file;
}

DebugFiles find_debug_files(const ElfImage& image, int root, const std::string& module_path) {
    DebugFiles files;
    if (has_debug_information(image)) {
        files.alternate = find_alternate(image, root, module_path);
        return files;
    }
    find_candidates(image, root, module_path, files);
    if (files.candidates.size() == 1 && !files.crc) {
        const DebugFile& debug = files.candidates.front();
        if (const auto opened = ElfImage::open(debug.fd.get()); opened.ok()) {
            files.alternate = find_alternate(*opened, root, debug.path);
        }
    }
    return files;
}

}  // namespace leaklens
