// Functions, lines and inlined callers at real return addresses, for several compilers and formats
// of debug information.
#include "agent/symbols/dwarf_lookup.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "agent/symbols/demangle.h"
#include "agent/symbols/range_index.h"
#include "agent/tests/elf_files.h"
#include "agent/tests/symbol_samples.h"

namespace leaklens {
namespace {

using test::build_sample;
using test::marked_line;
using test::Sample;
using test::TemporaryFolder;

const std::string kString =
    "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > const&";
const std::string kGrow = "(anonymous namespace)::Tree::grow(" + kString + ") const";
const std::string kWater =
    "forest::Grove<(anonymous namespace)::Tree>::water(" + kString + ") const";
const std::string kTend =
    "forest::tend(forest::Grove<(anonymous namespace)::Tree> const&, char const*)";
const std::string kConstructor =
    "forest::Grove<(anonymous namespace)::Tree>::Grove((anonymous namespace)::Tree)";
const std::string kHelper =
    "helper(char const*, (anonymous namespace)::Tree* const*, unsigned long)";

// An open module and its lookup, for as long as both are needed.
struct Opened {
    explicit Opened(const std::string& path, const std::string& debug_path = {})
        : elf(test::open_file(path)),
          debug(debug_path.empty() ? Fd() : test::open_file(debug_path)),
          lookup(DwarfLookup::open({elf.get(), debug.get(), -1})) {
        REQUIRE(lookup.ok());
    }
    std::vector<SymbolFrame> at(std::uint64_t address) { return (*lookup)->frames_at(address); }
    [[nodiscard]] SymbolSource source() const { return (*lookup)->source(); }

    Fd elf;
    Fd debug;
    Result<std::unique_ptr<DwarfLookup>> lookup;
};

void check_frame(const SymbolFrame& frame, const std::string& function, const std::string& mark) {
    CHECK(frame.function == function);
    CHECK(frame.file == test::sample_source().string());
    CHECK(frame.line == marked_line(mark));
    CHECK(frame.column > 0);
}

void check_optimized(Opened& opened, const Sample& sample) {
    CHECK(opened.source() == SymbolSource::dwarf);

    const auto grow = opened.at(sample.addresses.at("grow"));
    REQUIRE(grow.size() == 3);
    check_frame(grow[0], kGrow, "grow.0");
    check_frame(grow[1], kWater, "grow.1");
    check_frame(grow[2], kTend, "grow.2");
    CHECK(grow[0].inlined);
    CHECK(grow[1].inlined);
    CHECK_FALSE(grow[2].inlined);

    const auto constructor = opened.at(sample.addresses.at("constructor"));
    REQUIRE(constructor.size() >= 2);
    check_frame(constructor[0], kConstructor, "constructor.0");
    check_frame(constructor.back(), "main", "constructor.1");

    const auto helper = opened.at(sample.addresses.at("helper"));
    REQUIRE(helper.size() == 2);
    check_frame(helper[0], kHelper, "helper.0");
    check_frame(helper[1], "helper_caller(char const*)", "helper.1");

    const auto main = opened.at(sample.addresses.at("main"));
    REQUIRE(main.size() == 1);
    check_frame(main[0], "main", "main.0");
}

TEST_CASE("inlined callers are frames of their own, innermost first") {
    struct Build {
        std::string compiler;
        std::vector<std::string> options;
    };
    const std::vector<Build> builds{
        {"g++", {"-O2", "-g"}},
        {"g++", {"-O3", "-gdwarf-4"}},
        {"g++", {"-O2", "-g", "-gz", "-ffunction-sections", "-no-pie"}},
        {"g++", {"-O2", "-g", "-flto"}},
        {"g++", {"-O2", "-g", "-fdebug-types-section"}},
        {"clang++", {"-O2", "-g"}},  // writes no .debug_aranges
        {"clang++", {"-O2", "-gdwarf-4"}},
    };
    const TemporaryFolder folder;
    for (const Build& build : builds) {
        CAPTURE(build.compiler);
        CAPTURE(build.options.front());
        CAPTURE(build.options.back());
        const Sample sample =
            build_sample(folder.path() / "program", build.compiler, build.options);
        Opened opened(sample.program);
        check_optimized(opened, sample);
    }
}

TEST_CASE("without optimization only what must be inlined is") {
    const TemporaryFolder folder;
    const Sample sample = build_sample(folder.path() / "program", "g++", {"-O0", "-g"});
    Opened opened(sample.program);
    const auto grow = opened.at(sample.addresses.at("grow"));
    REQUIRE(grow.size() == 3);
    check_frame(grow[0], kGrow, "grow.0");
    check_frame(grow[2], kTend, "grow.2");
    const auto helper = opened.at(sample.addresses.at("helper"));
    REQUIRE(helper.size() == 1);
    check_frame(helper[0], kHelper, "helper.0");
}

TEST_CASE("a lambda is named after the function around it") {
    const TemporaryFolder folder;
    for (const std::string compiler : {"g++", "clang++"}) {
        const Sample sample = build_sample(folder.path() / "program", compiler, {"-O2", "-g"});
        Opened opened(sample.program);
        const auto frames = opened.at(sample.addresses.at("lambda"));
        REQUIRE(frames.size() == 1);
        CHECK(frames[0].function.starts_with("plain_c_name::"));
        CHECK(frames[0].function.ends_with("::operator()(int) const"));
        CHECK(frames[0].line == marked_line("lambda.0"));
    }
}

TEST_CASE("relative file names are joined with the directory of the compilation") {
    const TemporaryFolder folder;
    const auto program = folder.path() / "program";
    const std::filesystem::path source = test::sample_source();
    test::run({"env", "--chdir=" + source.parent_path().string(), "g++", "-std=c++20", "-O2", "-g",
               source.filename().string(), "-o", program.string()});
    const Sample built = build_sample(folder.path() / "absolute", "g++", {"-O2", "-g"});
    Opened opened(program);
    const auto frames = opened.at(built.addresses.at("grow"));
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].file == source.string());
    CHECK(frames[2].file == source.string());
}

TEST_CASE("without debug information functions are named by the symbol table") {
    const TemporaryFolder folder;
    const Sample sample = build_sample(folder.path() / "program", "g++", {"-O2", "-g"});
    test::run({"strip", "--strip-debug", sample.program.string()});
    Opened opened(sample.program);
    CHECK(opened.source() == SymbolSource::symtab);
    const auto frames = opened.at(sample.addresses.at("grow"));
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].function == kTend);
    CHECK(frames[0].file.empty());
    CHECK(frames[0].line == 0);
    CHECK_FALSE(frames[0].inlined);
    // Nothing lies at the file's very beginning, nor far behind its end.
    CHECK(opened.at(1).empty());
    CHECK(opened.at(0x7FFF'0000'0000).empty());
}

TEST_CASE("a stripped program has no names") {
    const std::string program = test::compile("gcc", "int main(void) { return 0; }", {"-g"});
    std::istringstream start(test::run({"nm", program}));
    std::uint64_t address = 0;
    for (std::string line; std::getline(start, line);) {
        if (line.ends_with(" T main")) address = std::stoull(line, nullptr, 16);
    }
    REQUIRE(address != 0);
    CHECK(Opened(program).at(address).size() == 1);
    test::run({"strip", program});
    Opened opened(program);
    CHECK(opened.source() == SymbolSource::none);
    CHECK(opened.at(address).empty());
}

TEST_CASE("a separate debug file serves its stripped program") {
    const TemporaryFolder folder;
    const Sample sample = build_sample(folder.path() / "program", "g++", {"-O2", "-g"});
    const std::string debug = folder.path() / "program.debug";
    test::run({"objcopy", "--only-keep-debug", sample.program.string(), debug});
    test::run({"strip", sample.program.string()});
    Opened opened(sample.program, debug);
    check_optimized(opened, sample);
}

TEST_CASE("exported functions of a stripped library are named") {
    Opened opened(test::libc_path());
    const std::string listing = test::run({"readelf", "-W", "--dyn-syms", test::libc_path()});
    const std::size_t line = listing.find(" qsort@@");
    REQUIRE(line != std::string::npos);
    const std::size_t start = listing.rfind(':', line);
    const std::uint64_t address = std::stoull(listing.substr(start + 1), nullptr, 16);
    const auto frames = opened.at(address + 1);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].function == "qsort");
}

TEST_CASE("what is no ELF file is an error") {
    const std::string text = "#!/bin/sh\n";
    const Fd file =
        test::memory_file({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    const auto opened = DwarfLookup::open({file.get(), -1, -1});
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == ErrorKind::malformed_file);
}

TEST_CASE("a file that is cut anywhere is read without harm") {
    const TemporaryFolder folder;
    const Sample sample = build_sample(folder.path() / "program", "g++", {"-O2", "-g"});
    const test::Bytes whole = test::read_whole(sample.program);
    for (std::size_t part = 1; part < 64; ++part) {
        const Fd file = test::memory_file(std::span(whole).first(whole.size() * part / 64));
        const auto opened = DwarfLookup::open({file.get(), -1, -1});
        if (opened.ok()) (*opened)->frames_at(sample.addresses.at("grow"));
    }
}

TEST_CASE("linkage names are demangled, and lose the compiler's marks") {
    CHECK(demangle("_ZN3foo3barEi") == "foo::bar(int)");
    CHECK(demangle("_ZN3foo3barEi.part.0") == "foo::bar(int)");
    CHECK(demangle("_ZN3FooC4Ev") == "Foo::Foo()");
    CHECK(demangle("malloc@@GLIBC_2.2.5") == "malloc");
    CHECK(demangle("i") == "i");
    CHECK(demangle("_Z") == "_Z");
    CHECK(demangle("") == "");
    CHECK(demangle(".L12") == ".L12");
    const std::string endless = "_Z" + std::string(100'000, 'P');
    CHECK(demangle(endless.c_str()) == endless);
}

TEST_CASE("of overlapping ranges the one that begins last before an address holds it") {
    RangeIndex<int> index;
    index.add(100, 200, 1);
    index.add(120, 130, 2);
    index.add(300, 300, 3);  // empty
    index.add(0, 1000, 4);   // left behind by a linker
    index.sort();
    CHECK(index.size() == 2);
    CHECK(index.find(99) == std::nullopt);
    CHECK(index.find(100) == 1);
    CHECK(index.find(125) == 2);
    CHECK(index.find(130) == 1);
    CHECK(index.find(200) == std::nullopt);
}

}  // namespace
}  // namespace leaklens
