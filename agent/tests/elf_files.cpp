#include "agent/tests/elf_files.h"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <typeinfo>

namespace leaklens::test {

namespace {

std::string object_of(const void* address) {
    Dl_info info{};
    REQUIRE(::dladdr(address, &info) != 0);
    return std::filesystem::canonical(info.dli_fname).string();
}

// A folder that is removed when the process ends.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "leaklens-test-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] std::filesystem::path next(const std::string& suffix) {
        return path_ / (std::to_string(count_++) + suffix);
    }

  private:
    std::filesystem::path path_;
    int count_ = 0;
};

ScratchFolder& scratch() {
    static ScratchFolder folder;
    return folder;
}

}  // namespace

std::string libc_path() {
    return object_of(reinterpret_cast<const void*>(&::getppid));
}

std::string libstdcxx_path() {
    return object_of(&typeid(int));
}

Fd open_file(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE_MESSAGE(fd, path);
    return fd;
}

Bytes read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE_MESSAGE(file.good(), path);
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

Fd memory_file(std::span<const std::uint8_t> bytes) {
    Fd fd(::memfd_create("test", MFD_CLOEXEC));
    REQUIRE(fd);
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
        REQUIRE(written > 0);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return fd;
}

std::string compile(const std::string& compiler, const std::string& source,
                    const std::vector<std::string>& options) {
    const std::string input = scratch().next(compiler.ends_with("++") ? ".cpp" : ".c").string();
    std::string output = scratch().next(".out").string();
    std::ofstream(input) << source;
    std::vector<std::string> command{compiler, input, "-o", output};
    command.insert(command.end(), options.begin(), options.end());
    run(command);
    REQUIRE(std::filesystem::exists(output));
    return output;
}

std::string run(const std::vector<std::string>& command) {
    std::array<int, 2> pipe_ends{};
    REQUIRE(::pipe2(pipe_ends.data(), O_CLOEXEC) == 0);
    const Fd reading(pipe_ends[0]);
    Fd writing(pipe_ends[1]);
    std::vector<std::string> words = command;
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
    pid_t pid = 0;
    const int failure =
        ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    REQUIRE_MESSAGE(failure == 0, command[0]);
    writing.reset();
    std::string output;
    std::array<char, 65536> buffer{};
    for (;;) {
        const ssize_t got = ::read(reading.get(), buffer.data(), buffer.size());
        if (got <= 0) break;
        output.append(buffer.data(), static_cast<std::size_t>(got));
    }
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    REQUIRE_MESSAGE(status == 0, command[0]);
    return output;
}

}  // namespace leaklens::test
