// Separate debug files: found where distributions put them, inside the target's root and nowhere
// else, and only those that belong to the module.
#include "agent/symbols/debug_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "agent/tests/elf_files.h"
#include "agent/tests/symbol_samples.h"

namespace leaklens {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSource = "int main(void) { return 0; }";

// A root directory with one program in it, which looks as if a distribution had packaged it.
class Root {
  public:
    explicit Root(const std::vector<std::string>& options = {"-g"}) {
        const std::string compiled = test::compile("gcc", kSource, options);
        fs::create_directories(path("/usr/bin"));
        fs::create_directories(path("/usr/lib/debug"));
        fs::rename(compiled, path(kProgram));
        test::run({"objcopy", "--only-keep-debug", path(kProgram), debug()});
        test::run({"strip", path(kProgram)});
    }
    static constexpr const char* kProgram = "/usr/bin/program";

    [[nodiscard]] std::string path(const std::string& inside) const {
        return folder_.path().string() + inside;
    }
    // The program's debug file, which is not yet where it would be found.
    [[nodiscard]] std::string debug() const { return path("/program.debug"); }
    [[nodiscard]] std::string build_id() const {
        const Fd file = test::open_file(path(kProgram));
        const auto image = ElfImage::open(file.get());
        REQUIRE(image.ok());
        return image->build_id();
    }
    // Copies the debug file to a place in the root.
    void place_debug(const std::string& inside) const {
        fs::create_directories(fs::path(path(inside)).parent_path());
        fs::copy_file(debug(), path(inside), fs::copy_options::overwrite_existing);
    }
    // Makes the program name its debug file.
    void add_link() const {
        test::run({"objcopy", "--add-gnu-debuglink=" + debug(), path(kProgram)});
    }
    [[nodiscard]] DebugFiles find() const {
        const Fd root(::open(path("/").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        REQUIRE(root);
        const Fd program = test::open_file(path(kProgram));
        const auto image = ElfImage::open(program.get());
        REQUIRE(image.ok());
        return find_debug_files(*image, root.get(), kProgram);
    }

  private:
    test::TemporaryFolder folder_;
};

std::string build_id_path(const std::string& id) {
    return "/usr/lib/debug/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug";
}

void check_found(const Root& root, const std::string& path) {
    const DebugFiles files = root.find();
    REQUIRE(files.candidates.size() == 1);
    CHECK(files.candidates[0].path == path);
    CHECK(files.candidates[0].fd);
    CHECK_FALSE(files.crc);
}

TEST_CASE("a debug file is found by build id") {
    const Root root;
    CHECK(root.find().candidates.empty());
    const std::string path = build_id_path(root.build_id());
    root.place_debug(path);
    check_found(root, path);
}

TEST_CASE("a debug file is found by .gnu_debuglink in each of its places") {
    for (const std::string path : {"/usr/bin/program.debug", "/usr/bin/.debug/program.debug",
                                   "/usr/lib/debug/usr/bin/program.debug"}) {
        const Root root;
        root.add_link();
        CHECK(root.find().candidates.empty());
        root.place_debug(path);
        check_found(root, path);
    }
}

TEST_CASE("a debug file of another build is not taken") {
    const Root root;
    const Root other({"-g", "-DOTHER", "-Wl,--build-id=0x1234567890"});
    root.add_link();
    for (const std::string& path :
         {build_id_path(root.build_id()), std::string("/usr/bin/program.debug")}) {
        fs::create_directories(fs::path(root.path(path)).parent_path());
        fs::copy_file(other.debug(), root.path(path));
    }
    CHECK(root.find().candidates.empty());
}

TEST_CASE("without a build id all that the link can mean are candidates, with its checksum") {
    const Root root({"-g", "-Wl,--build-id=none"});
    REQUIRE(root.build_id().empty());
    root.add_link();
    root.place_debug("/usr/bin/.debug/program.debug");
    root.place_debug("/usr/lib/debug/usr/bin/program.debug");
    const DebugFiles files = root.find();
    REQUIRE(files.candidates.size() == 2);
    CHECK(files.candidates[0].path == "/usr/bin/.debug/program.debug");
    CHECK(files.candidates[1].path == "/usr/lib/debug/usr/bin/program.debug");
    REQUIRE(files.crc);
    CHECK(*files.crc != 0);
}

TEST_CASE("a module with debug information of its own needs no other file") {
    const Root root;
    root.place_debug(build_id_path(root.build_id()));
    test::run({"objcopy", "--add-section=.debug_info=/bin/sh", root.path(Root::kProgram)});
    CHECK(root.find().candidates.empty());
}

TEST_CASE("symbolic links stay inside the root") {
    const Root root;
    const std::string path = build_id_path(root.build_id());
    fs::create_directories(fs::path(root.path(path)).parent_path());
    SUBCASE("an absolute one means the target's root") {
        root.place_debug("/store/file");
        fs::create_symlink("/store/file", root.path(path));
        check_found(root, path);
    }
    SUBCASE("one that exists outside only leads nowhere") {
        fs::create_symlink(root.debug(), root.path(path));
        CHECK(root.find().candidates.empty());
    }
    SUBCASE("one that climbs ends at the root") {
        root.place_debug("/store/file");
        fs::create_symlink("../../../../../../../../../../../store/file", root.path(path));
        check_found(root, path);
    }
}

TEST_CASE("what is no regular file is not opened") {
    const Root root;
    const std::string path = build_id_path(root.build_id());
    fs::create_directories(fs::path(root.path(path)).parent_path());
    SUBCASE("a pipe that nobody writes to does not block") {
        REQUIRE(mkfifo(root.path(path).c_str(), 0600) == 0);
        CHECK(root.find().candidates.empty());
    }
    SUBCASE("a directory") {
        fs::create_directory(root.path(path));
        CHECK(root.find().candidates.empty());
    }
    SUBCASE("a file of something else") {
        std::ofstream(root.path(path)) << "not an ELF file";
        CHECK(root.find().candidates.empty());
    }
    SUBCASE("the error says what it is") {
        fs::create_directory(root.path(path));
        const Fd directory(::open(root.path("/").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        const auto opened = open_in_root(directory.get(), path);
        REQUIRE_FALSE(opened.ok());
        CHECK(opened.error().message.find("not a regular file") != std::string::npos);
    }
}

TEST_CASE("the file that .gnu_debugaltlink names is found by path or by build id") {
    const Root root;
    const Root shared({"-g", "-DSHARED"});
    const std::string id = shared.build_id();
    std::string link("../lib/debug/.dwz/program");
    link.push_back('\0');
    for (std::size_t i = 0; i < id.size(); i += 2) {
        link.push_back(static_cast<char>(std::stoi(id.substr(i, 2), nullptr, 16)));
    }
    std::ofstream(root.path("/link"), std::ios::binary) << link;
    test::run({"objcopy", "--add-section=.gnu_debugaltlink=" + root.path("/link"), root.debug()});
    const std::string debug_path = build_id_path(root.build_id());
    root.place_debug(debug_path);
    CHECK_FALSE(root.find().alternate);

    const auto place = [&](const std::string& path) {
        fs::create_directories(fs::path(root.path(path)).parent_path());
        fs::copy_file(shared.debug(), root.path(path));
        const DebugFiles files = root.find();
        REQUIRE(files.alternate);
        return files.alternate->path;
    };
    SUBCASE("by build id") {
        CHECK(place(build_id_path(id)) == build_id_path(id));
    }
    SUBCASE("by a path relative to the debug file") {
        const std::string beside = debug_path.substr(0, debug_path.rfind('/') + 1);
        const std::string file = place("/usr/lib/debug/.build-id/lib/debug/.dwz/program");
        CHECK(file == beside + "../lib/debug/.dwz/program");
    }
}

TEST_CASE("the root of this process is where its files are") {
    const auto root = open_root(getpid());
    REQUIRE(root.ok());
    CHECK(open_in_root(root->get(), "/proc/self/status").ok());
    CHECK_FALSE(open_in_root(root->get(), "/no/such/file").ok());
    CHECK_FALSE(open_root(0).ok());
}

}  // namespace
}  // namespace leaklens
