#include "agent/process/maps.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "agent/tests/child_process.h"

namespace leaklens {
namespace {

// A file in a folder of its own, mapped into this process, executable. Gone at the end.
struct MappedFile {
    std::string folder;
    std::string path;
    void* address = MAP_FAILED;

    explicit MappedFile(const std::string& name) {
        std::array<char, 32> pattern{"/tmp/leaklens-maps-XXXXXX"};
        folder = mkdtemp(pattern.data());
        path = folder + "/" + name;
        write_file(path, "the mapped one");
        const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
        address = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file.get(), 0);
        REQUIRE(address != MAP_FAILED);
    }
    ~MappedFile() {
        munmap(address, 4096);
        std::filesystem::remove_all(folder);
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    static void write_file(const std::string& path, const std::string& text) {
        const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        REQUIRE(write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    [[nodiscard]] Mapping mapping() const {
        const auto maps = read_maps(getpid());
        REQUIRE(maps.ok());
        for (const Mapping& one : *maps) {
            if (one.start == reinterpret_cast<std::uint64_t>(address)) return one;
        }
        FAIL("the mapping is not in the list");
        return {};
    }
};

std::string content(const Fd& file) {
    std::array<char, 64> text{};
    const ssize_t length = pread(file.get(), text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

TEST_CASE("lines of a maps file") {
    const auto maps = parse_maps(
        "55d0c0a00000-55d0c0a01000 r-xp 00001000 fe:00 1234                       /usr/bin/a b\n"
        "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
        "7f0000001000-7f0000002000 r--s 7fffff000 00:01 42                        /x (deleted)\n"
        "7f0000002000-7f0000003000 ---p 00000000 08:11 18446744073709551615      /new\\012line\n"
        "7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0                          [vdso]\n"
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]");
    REQUIRE(maps.size() == 6);
    CHECK(maps[0].start == 0x55d0c0a00000);
    CHECK(maps[0].end == 0x55d0c0a01000);
    CHECK(maps[0].offset == 0x1000);
    CHECK(maps[0].device_major == 0xfe);
    CHECK(maps[0].inode == 1234);
    CHECK(maps[0].readable);
    CHECK_FALSE(maps[0].writable);
    CHECK(maps[0].executable);
    CHECK(maps[0].path == "/usr/bin/a b");
    CHECK(maps[1].path.empty());
    CHECK(maps[1].writable);
    CHECK(maps[2].path == "/x");
    CHECK(maps[2].offset == 0x7fffff000);
    CHECK(maps[3].path == "/new\nline");
    CHECK(maps[3].inode == 18446744073709551615U);
    CHECK(maps[4].path == "[vdso]");
    CHECK(maps[5].start == 0xffffffffff600000);
}

TEST_CASE("what is no line of a maps file is left out") {
    for (const char* text :
         {"", "\n\n", "x", "1000-2000", "1000-2000 r-xp", "1000-2000 r-xp 0",
          "2000-1000 r-xp 0 0:0 0", "1000-1000 r-xp 0 0:0 0", "1000 2000 r-xp 0 0:0 0",
          "-1000-2000 r-xp 0 0:0 0", "10000000000000000-20000000000000000 r-xp 0 0:0 0",
          "1000-2000 r-xp 0 0:0 x", "1000-2000 r-xp 0 100000000:0 0", "1000-2000 rwxpp 0 0:0 0"}) {
        CAPTURE(text);
        CHECK(parse_maps(text).empty());
    }
    CHECK(parse_maps("junk\n1000-2000 r-xp 0 0:0 0\njunk").size() == 1);
}

TEST_CASE("damaged maps files are read as far as they make sense") {
    const std::string line = "7f0000001000-7f0000002000 r--s 7fffff000 00:01 42   /x (deleted)\n";
    std::mt19937 random(3);
    for (int round = 0; round < 3000; ++round) {
        std::string text = line + line;
        for (int damage = 0; damage < 4; ++damage) {
            text[random() % text.size()] = static_cast<char>(random());
        }
        for (const Mapping& mapping : parse_maps(text))
            CHECK(mapping.start < mapping.end);
    }
}

TEST_CASE("this process finds its own code in its mappings") {
    const auto maps = read_maps(getpid());
    REQUIRE(maps.ok());
    const auto here = reinterpret_cast<std::uint64_t>(&content);
    int found = 0;
    std::uint64_t last_end = 0;
    for (const Mapping& mapping : *maps) {
        CHECK(mapping.start >= last_end);
        last_end = mapping.end;
        if (here < mapping.start || here >= mapping.end) continue;
        ++found;
        CHECK(mapping.executable);
        CHECK(mapping.path == std::filesystem::read_symlink("/proc/self/exe").string());
        const auto file = open_mapped_file(getpid(), mapping);
        REQUIRE(file.ok());
        CHECK(
            content(*file).starts_with("\x7f"
                                       "ELF"));
    }
    CHECK(found == 1);
}

TEST_CASE("a mapped file is opened though it was deleted, or another one took its name") {
    const MappedFile file("library.so");
    SUBCASE("still there") {}
    SUBCASE("deleted") {
        REQUIRE(unlink(file.path.c_str()) == 0);
    }
    SUBCASE("replaced") {
        MappedFile::write_file(file.folder + "/new", "another one");
        REQUIRE(rename((file.folder + "/new").c_str(), file.path.c_str()) == 0);
    }
    const Mapping mapping = file.mapping();
    CHECK(mapping.path == file.path);
    const auto opened = open_mapped_file(getpid(), mapping);
    REQUIRE(opened.ok());
    CHECK(content(*opened) == "the mapped one");
}

TEST_CASE("by path a file is only opened while it is the same") {
    const MappedFile file("name with\nnewline");
    Mapping mapping = file.mapping();
    CHECK(mapping.path == file.path);
    // Addresses that are not mapped leave the path as the only way.
    mapping.start += 1;
    SUBCASE("the same") {
        const auto opened = open_mapped_file(getpid(), mapping);
        REQUIRE(opened.ok());
        CHECK(content(*opened) == "the mapped one");
    }
    SUBCASE("another inode") {
        mapping.inode += 1;
        CHECK_FALSE(open_mapped_file(getpid(), mapping).ok());
    }
    SUBCASE("another device") {
        mapping.device_minor += 1;
        CHECK_FALSE(open_mapped_file(getpid(), mapping).ok());
    }
    SUBCASE("a pipe of that name, which nobody writes to") {
        REQUIRE(unlink(file.path.c_str()) == 0);
        REQUIRE(mkfifo(file.path.c_str(), 0600) == 0);
        struct stat status {};
        REQUIRE(stat(file.path.c_str(), &status) == 0);
        mapping.inode = status.st_ino;
        const auto opened = open_mapped_file(getpid(), mapping);
        REQUIRE_FALSE(opened.ok());
        CHECK(opened.error().message == "what is mapped is not a regular file");
    }
    SUBCASE("a link that leads out of the process's root does not") {
        mapping.path = "/proc/self/exe";
        CHECK_FALSE(open_mapped_file(getpid(), mapping).ok());
    }
}

TEST_CASE("what has no file cannot be opened") {
    CHECK_FALSE(open_mapped_file(getpid(), Mapping{}).ok());
}

TEST_CASE("processes that are not there have no mappings") {
    const auto nobody = read_maps(0x7ffffffe);
    REQUIRE_FALSE(nobody.ok());
    CHECK(nobody.error().kind == ErrorKind::no_such_process);
    const tests::ChildProcess child([] { return std::string(); });
    REQUIRE(read_maps(child.pid()).ok());
    child.make_zombie();
    const auto zombie = read_maps(child.pid());
    REQUIRE_FALSE(zombie.ok());
    CHECK(zombie.error().kind == ErrorKind::process_exited);
}

}  // namespace leaklens
