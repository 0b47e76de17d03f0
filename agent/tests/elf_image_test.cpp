// ElfImage against binutils on real files, and against files that lie.
#include "agent/elf/elf_image.h"

#include <doctest/doctest.h>
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "agent/elf/dynamic_section.h"
#include "agent/tests/elf_files.h"

namespace leaklens {
namespace {

using test::Bytes;

const std::vector<std::string_view> kNames{"malloc", "free", "reallocarray", "no_such_function"};

// Address and size of a function as readelf prints them.
std::optional<FunctionSymbol> by_readelf(const std::string& path, const std::string& name) {
    std::istringstream lines(test::run({"readelf", "-W", "--syms", path}));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string number;
        std::string address;
        std::string size;
        std::string type;
        std::string bind;
        std::string visibility;
        std::string index;
        std::string symbol;
        words >> number >> address >> size >> type >> bind >> visibility >> index >> symbol;
        if (type != "FUNC" || index == "UND") continue;
        if (symbol.substr(0, symbol.find('@')) != name) continue;
        return FunctionSymbol{std::stoull(address, nullptr, 16), std::stoull(size, nullptr, 0)};
    }
    return std::nullopt;
}

void check_functions(const ElfImage& image, const std::string& path) {
    const auto found = image.functions(kNames);
    REQUIRE(found.size() == kNames.size());
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        CAPTURE(kNames[i]);
        const auto expected = by_readelf(path, std::string(kNames[i]));
        REQUIRE(found[i].has_value() == expected.has_value());
        if (!expected) continue;
        CHECK(found[i]->address == expected->address);
        CHECK(found[i]->size == expected->size);
    }
}

// The header of `bytes`, to be changed and put back.
Elf64_Ehdr header_of(const Bytes& bytes) {
    Elf64_Ehdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    return header;
}
void set_header(Bytes& bytes, const Elf64_Ehdr& header) {
    std::memcpy(bytes.data(), &header, sizeof header);
}

ErrorKind error_of(const Bytes& bytes) {
    const Fd file = test::memory_file(bytes);
    const auto image = ElfImage::open(file.get());
    REQUIRE_FALSE(image.ok());
    return image.error().kind;
}

TEST_CASE("elf image: functions, build id and addresses of the C library agree with binutils") {
    const std::string path = test::libc_path();
    const Fd file = test::open_file(path);
    const auto image = ElfImage::open(file.get());
    REQUIRE(image.ok());
    CHECK(image->machine() == EM_X86_64);
    check_functions(*image, path);
    CHECK(image->functions(kNames)[0].has_value());
    CHECK_FALSE(image->functions(kNames)[3].has_value());

    const std::string notes = test::run({"readelf", "-n", path});
    REQUIRE(image->build_id().size() == 40);
    CHECK(notes.find("Build ID: " + image->build_id()) != std::string::npos);
    CHECK(read_dynamic_section(*image).soname == "libc.so.6");
}

TEST_CASE("elf image: without section headers, symbols and build id come from the segments") {
    Bytes bytes = test::read_whole(test::libc_path());
    Elf64_Ehdr header = header_of(bytes);
    const Fd whole = test::memory_file(bytes);
    const auto with_sections = ElfImage::open(whole.get());
    REQUIRE(with_sections.ok());

    SUBCASE("absent") {
        header.e_shoff = 0;
    }
    SUBCASE("outside the file") {
        header.e_shoff = bytes.size() - 3;
    }
    SUBCASE("of another size") {
        header.e_shentsize = 40;
    }
    SUBCASE("without names") {
        header.e_shstrndx = 0xFF00;
    }
    set_header(bytes, header);
    const Fd file = test::memory_file(bytes);
    const auto image = ElfImage::open(file.get());
    REQUIRE(image.ok());
    CHECK(image->sections().empty());
    check_functions(*image, test::libc_path());
    CHECK(image->build_id() == with_sections->build_id());
    CHECK_FALSE(image->debug_link().has_value());
}

TEST_CASE("elf image: a static program's functions come from .symtab") {
    const std::string path = test::compile(
        "gcc", "#include <stdlib.h>\nint main(void) { free(malloc(1)); return 0; }", {"-static"});
    const Fd file = test::open_file(path);
    const auto image = ElfImage::open(file.get());
    REQUIRE(image.ok());
    check_functions(*image, path);
    CHECK(image->functions(kNames)[0].has_value());
}

TEST_CASE("elf image: indirect and local functions are not taken for the function") {
    const std::string path = test::compile("gcc", R"(
        #include <stddef.h>
        static void *chosen(size_t n) { (void)n; return 0; }
        static void *(*resolve(void))(size_t) { return chosen; }
        void *malloc(size_t) __attribute__((ifunc("resolve")));
        __attribute__((used)) static void reallocarray(void) {}
        void free(void *p) { (void)p; })",
                                           {"-shared", "-fPIC", "-fno-builtin"});
    const Fd file = test::open_file(path);
    const auto image = ElfImage::open(file.get());
    REQUIRE(image.ok());
    const auto found = image->functions(kNames);
    CHECK_FALSE(found[0].has_value());
    CHECK(found[1].has_value());
    CHECK_FALSE(found[2].has_value());
}

TEST_CASE("elf image: file offsets and virtual addresses convert into each other") {
    for (const char* linker : {"-fuse-ld=bfd", "-fuse-ld=gold"}) {
        CAPTURE(linker);
        const std::string path = test::compile("gcc", "int main(void) { return 0; }", {linker});
        const Fd file = test::open_file(path);
        const auto image = ElfImage::open(file.get());
        REQUIRE(image.ok());
        CHECK(image->image_base() % 4096 == 0);
        for (const LoadSegment& segment : image->load_segments()) {
            if (!segment.executable) continue;
            const std::uint64_t middle = segment.vaddr + segment.file_size / 2;
            const auto offset = image->file_offset(middle);
            REQUIRE(offset.has_value());
            CHECK(*offset == segment.offset + segment.file_size / 2);
            CHECK(image->virtual_address(*offset) == middle);
            // What /proc/PID/maps shows as the mapping's offset is the page's.
            CHECK(image->virtual_address(segment.offset & ~0xFFFULL) ==
                  (segment.vaddr & ~0xFFFULL));
            CHECK_FALSE(image->file_offset(segment.vaddr + segment.file_size).has_value());
            const auto bytes = image->read_virtual(middle, 8);
            REQUIRE(bytes.ok());
            CHECK(*bytes == *image->read_file(*offset, 8));
            CHECK_FALSE(image->read_virtual(middle, segment.file_size).ok());
        }
    }
}

TEST_CASE("elf image: the debug link names a file, never a path") {
    const std::string program = test::compile("gcc", "int main(void) { return 0; }", {"-g"});
    const std::string debug = program + ".debug";
    test::run({"objcopy", "--only-keep-debug", program, debug});
    const std::string stripped = program + ".stripped";
    test::run({"objcopy", "--strip-debug", "--add-gnu-debuglink=" + debug, program, stripped});
    Bytes bytes = test::read_whole(stripped);
    {
        const Fd file = test::memory_file(bytes);
        const auto image = ElfImage::open(file.get());
        REQUIRE(image.ok());
        const auto link = image->debug_link();
        REQUIRE(link.has_value());
        CHECK(debug.ends_with("/" + link->file_name));
        CHECK(link->crc != 0);
        const Section* section = image->section(".gnu_debuglink");
        REQUIRE(section != nullptr);
        bytes[section->offset + 1] = '/';
    }
    const Fd file = test::memory_file(bytes);
    CHECK_FALSE(ElfImage::open(file.get())->debug_link().has_value());

    // The debug file itself has the code's sections without their bytes.
    const Fd debug_file = test::open_file(debug);
    const auto debug_image = ElfImage::open(debug_file.get());
    REQUIRE(debug_image.ok());
    const Section* text = debug_image->section(".text");
    REQUIRE(text != nullptr);
    CHECK(debug_image->read(*text, 1U << 20)->empty());
}

TEST_CASE("elf image: files that are not what they say are refused") {
    const Bytes libc = test::read_whole(test::libc_path());
    CHECK(error_of({}) == ErrorKind::malformed_file);
    CHECK(error_of(Bytes(64, 0)) == ErrorKind::malformed_file);
    CHECK(error_of(Bytes(libc.begin(), libc.begin() + 63)) == ErrorKind::malformed_file);
    CHECK(error_of(Bytes(libc.begin(), libc.begin() + 4096)) == ErrorKind::malformed_file);

    const auto changed = [&libc](auto change) {
        Bytes bytes(libc);
        Elf64_Ehdr header = header_of(bytes);
        change(header);
        set_header(bytes, header);
        return error_of(bytes);
    };
    CHECK(changed([](Elf64_Ehdr& h) { h.e_ident[EI_CLASS] = ELFCLASS32; }) ==
          ErrorKind::unsupported);
    CHECK(changed([](Elf64_Ehdr& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; }) ==
          ErrorKind::unsupported);
    CHECK(changed([](Elf64_Ehdr& h) { h.e_machine = EM_AARCH64; }) == ErrorKind::unsupported);
    CHECK(changed([](Elf64_Ehdr& h) { h.e_type = ET_REL; }) == ErrorKind::unsupported);
    CHECK(changed([](Elf64_Ehdr& h) { h.e_phentsize = 8; }) == ErrorKind::malformed_file);
    CHECK(changed([](Elf64_Ehdr& h) { h.e_phnum = 0; }) == ErrorKind::malformed_file);
    CHECK(changed([](Elf64_Ehdr& h) { h.e_phnum = 0xFFFE; }) == ErrorKind::malformed_file);
    CHECK(changed([](Elf64_Ehdr& h) { h.e_phoff = ~0ULL; }) == ErrorKind::malformed_file);
}

TEST_CASE("elf image: sections larger than the limit or than the file are refused") {
    const Fd file = test::open_file(test::libc_path());
    const auto image = ElfImage::open(file.get());
    REQUIRE(image.ok());
    const Section* text = image->section(".text");
    REQUIRE(text != nullptr);
    CHECK(image->read(*text, text->size).ok());
    CHECK_FALSE(image->read(*text, text->size - 1).ok());
    CHECK_FALSE(image->read_file(~0ULL - 4, 8).ok());
    CHECK_FALSE(image->read_file(0, ~0ULL).ok());
    CHECK_FALSE(image->read_virtual(~0ULL - 4, 8).ok());
}

}  // namespace
}  // namespace leaklens
