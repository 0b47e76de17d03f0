// Unwind tables of real files, against binutils' interpretation of the same files.
#include "agent/unwind/unwind_table.h"

#include <doctest/doctest.h>
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <sstream>

#include "agent/tests/elf_files.h"
#include "agent/tests/unwind_rows.h"

namespace leaklens {
namespace {

using test::kMaxRows;
using test::row_at;
using test::table_of;

// One line of readelf's interpretation: "rsp+8", "c-16", "exp", "u".
struct Interpreted {
    std::uint64_t pc = 0;
    std::uint64_t end = 0;
    std::string cfa;
    std::string rbp = "u";
    std::string return_address;
};

std::vector<Interpreted> interpretation_of(const std::string& path) {
    std::istringstream lines(
        test::run({"readelf", "-W", "--debug-dump=frames-interp,no-follow-links", path}));
    std::map<std::string, Interpreted> by_cie;
    std::vector<Interpreted> all;
    std::vector<std::string> columns;
    std::string cie;
    bool in_cie = false;
    std::uint64_t end = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream stream(line);
        std::vector<std::string> words;
        for (std::string word; stream >> word;) {
            // A register's name in brackets belongs to the cell before: "r2 (rcx)".
            if (!word.starts_with('(')) words.push_back(word);
        }
        if (words.size() >= 4 && words[3] == "CIE") {
            in_cie = true;
            cie = words[0];
        } else if (words.size() >= 6 && words[3] == "FDE") {
            in_cie = false;
            const std::string range = words[5].substr(3);
            const std::uint64_t begin = std::stoull(range, nullptr, 16);
            end = std::stoull(range.substr(range.find("..") + 2), nullptr, 16);
            // Without instructions of its own, a function has the rules of its CIE.
            const Interpreted& common = by_cie[words[4].substr(4)];
            all.push_back({begin, end, common.cfa, common.rbp, common.return_address});
        } else if (!words.empty() && words[0] == "LOC") {
            columns = words;
        } else if (words.size() >= 2 && words.size() == columns.size()) {
            Interpreted row{.pc = std::stoull(words[0], nullptr, 16),
                            .end = end,
                            .cfa = words[1],
                            .rbp = "u",
                            .return_address = ""};
            for (std::size_t i = 2; i < columns.size(); ++i) {
                if (columns[i] == "rbp") row.rbp = words[i];
                if (columns[i] == "ra") row.return_address = words[i];
            }
            if (in_cie) {
                by_cie[cie] = row;
            } else {
                if (all.back().pc == row.pc) all.pop_back();
                all.push_back(row);
            }
        }
    }
    std::ranges::stable_sort(all, {}, &Interpreted::pc);
    return all;
}

bool agrees(const ll_unwind_row& row, const Interpreted& expected) {
    if (expected.return_address == "u") return row.cfa_rule == LL_CFA_END;
    if (expected.cfa == "exp") {
        return row.cfa_rule == LL_CFA_PLT || row.cfa_rule == LL_CFA_RBP_DEREF ||
               row.cfa_rule == LL_CFA_SIGNAL || row.cfa_rule == LL_CFA_NONE;
    }
    if (expected.return_address != "c-8") return row.cfa_rule == LL_CFA_NONE;
    const std::string reg = expected.cfa.substr(0, 3);
    if (reg != "rsp" && reg != "rbp") return row.cfa_rule == LL_CFA_NONE;
    if (row.cfa_rule != (reg == "rsp" ? LL_CFA_RSP : LL_CFA_RBP)) return false;
    if (row.cfa_offset != std::stol(expected.cfa.substr(3))) return false;
    if (expected.rbp == "u") {
        return row.rbp_rule == LL_RBP_SAME || row.rbp_rule == LL_RBP_LOST;
    }
    if (expected.rbp.starts_with("c")) {
        return row.rbp_rule == LL_RBP_AT_CFA && row.rbp_offset == std::stol(expected.rbp.substr(1));
    }
    if (expected.rbp == "exp") {
        return row.rbp_rule == LL_RBP_AT_RBP || row.rbp_rule == LL_RBP_LOST;
    }
    return row.rbp_rule == LL_RBP_LOST;
}

// Compares each of readelf's rows at its first address and at a random one inside.
std::size_t compare_with_readelf(const std::string& path) {
    CAPTURE(path);
    const Fd file = test::open_file(path);
    const auto image = ElfImage::open(file.get());
    REQUIRE(image.ok());
    const auto table = build_unwind_table(*image, kMaxRows);
    REQUIRE(table.ok());
    const auto& rows = table->rows;
    CHECK(std::ranges::adjacent_find(rows, std::ranges::greater_equal{}, &ll_unwind_row::pc) ==
          rows.end());

    std::mt19937_64 random(20240229);
    std::size_t compared = 0;
    std::uint64_t covered = 0;
    const auto expected = interpretation_of(path);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const Interpreted& row = expected[i];
        const std::uint64_t next = i + 1 < expected.size() ? expected[i + 1].pc : row.end;
        const std::uint64_t end = std::min(row.end, next);
        if (row.pc < covered || row.pc >= end) continue;
        covered = end;
        for (const std::uint64_t pc : {row.pc, row.pc + random() % (end - row.pc)}) {
            ++compared;
            if (agrees(row_at(*table, pc - image->image_base()), row)) continue;
            FAIL_CHECK("at " << std::hex << pc << " readelf says cfa " << row.cfa << " rbp "
                             << row.rbp << " ra " << row.return_address);
        }
        // What no function describes is a gap, unless it is only padding.
        if (next > row.end + 16 && end == row.end) {
            CHECK(row_at(*table, row.end - image->image_base()).cfa_rule == LL_CFA_NONE);
        }
    }
    return compared;
}

TEST_CASE("unwind table: every row of the system's libraries agrees with readelf") {
    CHECK(compare_with_readelf(test::libc_path()) > 20000);
    CHECK(compare_with_readelf(test::libstdcxx_path()) > 20000);
    const std::string libm =
        test::libc_path().substr(0, test::libc_path().rfind('/')) + "/libm.so.6";
    CHECK(compare_with_readelf(libm) > 3000);
}

// Exceptions, a realigned stack, variable frames, more than six arguments.
constexpr const char* kProgram = R"(
    #include <alloca.h>
    #include <cstdio>
        #include <stdexcept>
    #include <string>
    #include <vector>
    struct alignas(64) Wide { double values[16]; };
    __attribute__((noinline)) void fill(Wide& wide, int n) {
        for (int i = 0; i < 16; ++i) wide.values[i] = n * i;
    }
    __attribute__((noinline)) int realigned(int n) {
        Wide wide;
        char* more = static_cast<char*>(alloca(static_cast<unsigned>(n) * 16U));
        fill(wide, n);
        std::snprintf(more, 16, "%f", wide.values[n % 16]);
        return more[0];
    }
    __attribute__((noinline)) int many(int a, int b, int c, int d, int e, int f, int g, int h) {
        if (h > 100) throw std::runtime_error(std::to_string(a + b + c + d));
        return realigned(e + f + g + h);
    }
    int main(int argc, char**) {
        std::vector<std::string> words(static_cast<unsigned>(argc), "word");
        try {
            return many(1, 2, 3, 4, 5, argc, 7, argc * 60);
        } catch (const std::exception& problem) {
            std::puts(problem.what());
            std::exit(1);
        }
    })";

TEST_CASE("unwind table: programs of this compiler agree with readelf") {
    CHECK(compare_with_readelf(test::compile("g++", kProgram, {"-O2"})) > 50);
    CHECK(compare_with_readelf(test::compile("g++", kProgram, {"-O0"})) > 50);
    CHECK(compare_with_readelf(test::compile(
              "g++", kProgram, {"-O2", "-Wl,-z,lazy", "-no-pie", "-fcf-protection"})) > 50);
    CHECK(compare_with_readelf(test::compile("g++", kProgram, {"-O2", "-static"})) > 10000);
    CHECK(compare_with_readelf(test::compile("g++", kProgram, {"-O2", "-fuse-ld=gold"})) > 50);
}

std::size_t count(const UnwindTable& table, ll_cfa_rule rule) {
    return static_cast<std::size_t>(std::ranges::count(table.rows, rule, &ll_unwind_row::cfa_rule));
}

TEST_CASE("unwind table: expressions are recognised in code of this machine") {
    const auto program =
        table_of(test::compile("g++", kProgram, {"-O2", "-Wl,-z,lazy", "-fcf-protection=none"}));
    CHECK(count(program, LL_CFA_RBP_DEREF) >= 1);
    CHECK(std::ranges::count(program.rows, LL_RBP_AT_RBP, &ll_unwind_row::rbp_rule) >= 1);
    CHECK(count(program, LL_CFA_PLT) == 1);
    CHECK(count(program, LL_CFA_END) >= 1);
    CHECK(count(table_of(test::libc_path()), LL_CFA_SIGNAL) == 1);
}

TEST_CASE("unwind table: without section headers the rows are the same") {
    const std::string path = test::libc_path();
    test::Bytes bytes = test::read_whole(path);
    Elf64_Ehdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    header.e_shoff = 0;
    std::memcpy(bytes.data(), &header, sizeof header);
    const Fd file = test::memory_file(bytes);
    const auto image = ElfImage::open(file.get());
    REQUIRE(image.ok());
    const auto table = build_unwind_table(*image, kMaxRows);
    REQUIRE(table.ok());
    const auto expected = table_of(path);
    REQUIRE(table->rows.size() == expected.rows.size());
    CHECK(std::memcmp(table->rows.data(), expected.rows.data(),
                      expected.rows.size() * sizeof(ll_unwind_row)) == 0);
}

TEST_CASE("unwind table: a file without unwind information has no rows") {
    const std::string path =
        test::compile("gcc", "void _start(void) { for (;;) {} }",
                      {"-nostdlib", "-static", "-fno-asynchronous-unwind-tables",
                       "-Wl,--no-ld-generated-unwind-info"});
    const auto table = table_of(path);
    CHECK(table.rows.empty());
    CHECK(table.unsupported == 0);
}

}  // namespace
}  // namespace leaklens
