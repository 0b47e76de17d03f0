// Unwind tables of real files: against binutils' interpretation of the same files, and by walking
// a real stack with them.
#include "agent/unwind/unwind_table.h"

#include <doctest/doctest.h>
#include <elf.h>
#include <execinfo.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <sstream>

#include "agent/tests/elf_files.h"

namespace leaklens {
namespace {

constexpr std::size_t kMaxRows = 4U << 20;

UnwindTable table_of(const std::string& path) {
    const Fd file = test::open_file(path);
    const auto image = ElfImage::open(file.get());
    REQUIRE_MESSAGE(image.ok(), path);
    auto table = build_unwind_table(*image, kMaxRows);
    REQUIRE_MESSAGE(table.ok(), path);
    return std::move(table).value();
}

// The row that holds at a pc; rule LL_CFA_NONE before the first.
ll_unwind_row row_at(const UnwindTable& table, std::uint64_t pc) {
    const auto after = std::ranges::upper_bound(table.rows, pc, {}, &ll_unwind_row::pc);
    return after == table.rows.begin() ? ll_unwind_row{} : *(after - 1);
}

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
    #include <cstdlib>
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

// A module of this process: where it is loaded, and its rows.
struct LoadedModule {
    std::uint64_t bias = 0;  // of the image's base
    std::uint64_t end = 0;
    UnwindTable table;
};

std::vector<LoadedModule> load_own_modules() {
    std::vector<LoadedModule> modules;
    const auto visit = [](dl_phdr_info* info, std::size_t, void* out) {
        std::string path = info->dlpi_name;
        if (path.empty()) path = "/proc/self/exe";
        if (path.find('/') == std::string::npos) return 0;  // the vDSO
        const Fd file = test::open_file(path);
        const auto image = ElfImage::open(file.get());
        REQUIRE(image.ok());
        std::uint64_t size = 0;
        for (const LoadSegment& segment : image->load_segments()) {
            size = std::max(size, segment.vaddr + segment.memory_size - image->image_base());
        }
        const std::uint64_t bias = info->dlpi_addr + image->image_base();
        static_cast<std::vector<LoadedModule>*>(out)->push_back(
            {bias, bias + size, table_of(path)});
        return 0;
    };
    ::dl_iterate_phdr(visit, &modules);
    return modules;
}

struct Registers {
    std::uint64_t ip = 0;
    std::uint64_t sp = 0;
    std::uint64_t bp = 0;
};

std::uint64_t load(std::uint64_t address) {
    std::uint64_t value = 0;
    std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof value);
    return value;
}

enum class Stop { none, outermost, no_rule };

// One frame outwards, as bpf/unwind.h does it.
Stop step(const ll_unwind_row& row, Registers& registers) {
    std::uint64_t cfa = 0;
    switch (row.cfa_rule) {
        case LL_CFA_RSP:
            cfa = registers.sp + row.cfa_offset;
            break;
        case LL_CFA_RBP:
            cfa = registers.bp + row.cfa_offset;
            break;
        case LL_CFA_RBP_DEREF:
            cfa = load(registers.bp + row.cfa_offset);
            break;
        case LL_CFA_SIGNAL:
            registers = {load(registers.sp + 168), load(registers.sp + 160),
                         load(registers.sp + 120)};
            return Stop::none;
        case LL_CFA_END:
            return Stop::outermost;
        default:
            return Stop::no_rule;
    }
    if (row.rbp_rule == LL_RBP_AT_CFA) registers.bp = load(cfa + row.rbp_offset);
    if (row.rbp_rule == LL_RBP_AT_RBP) registers.bp = load(registers.bp + row.rbp_offset);
    registers.ip = load(cfa - 8);
    registers.sp = cfa;
    return Stop::none;
}

struct Walk {
    std::vector<std::uint64_t> addresses;
    Stop stop = Stop::no_rule;
    std::vector<std::uint64_t> expected;  // as backtrace() found them
};

Walk& walk() {
    static Walk result;
    return result;
}
const std::vector<LoadedModule>& own_modules() {
    static const std::vector<LoadedModule> modules = load_own_modules();
    return modules;
}

// Walks this thread's stack by rows, and by the C library's own unwinder.
__attribute__((noinline)) void walk_here() {
    Registers registers;
    asm volatile("lea 0(%%rip), %0; mov %%rsp, %1; mov %%rbp, %2"
                 : "=r"(registers.ip), "=r"(registers.sp), "=r"(registers.bp));
    Walk result;
    bool interrupted = false;  // the address is the one that was executing, not a return address
    for (int frames = 0; frames < 200; ++frames) {
        result.addresses.push_back(registers.ip);
        const std::uint64_t ip = registers.ip - (frames > 0 && !interrupted ? 1 : 0);
        ll_unwind_row row{};
        for (const LoadedModule& module : own_modules()) {
            if (ip >= module.bias && ip < module.end) row = row_at(module.table, ip - module.bias);
        }
        interrupted = row.cfa_rule == LL_CFA_SIGNAL;
        result.stop = step(row, registers);
        if (result.stop != Stop::none) break;
    }
    std::array<void*, 200> frames{};
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    for (int i = 0; i < count; ++i) {
        result.expected.push_back(
            reinterpret_cast<std::uint64_t>(frames[static_cast<std::size_t>(i)]));
    }
    walk() = std::move(result);
}

void on_signal(int) {
    walk_here();
}

int compare_and_walk(const void* a, const void* b) {
    std::raise(SIGUSR1);
    return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

TEST_CASE("unwind table: a walk by rows finds the frames that the C library's unwinder finds") {
    REQUIRE_FALSE(own_modules().empty());
    SUBCASE("from a plain call") {
        walk_here();
    }
    SUBCASE("from a signal handler below the C library's sort") {
        struct sigaction action {};
        struct sigaction before {};
        action.sa_handler = on_signal;
        REQUIRE(::sigaction(SIGUSR1, &action, &before) == 0);
        std::array<int, 2> numbers{2, 1};
        std::qsort(numbers.data(), numbers.size(), sizeof(int), compare_and_walk);
        REQUIRE(::sigaction(SIGUSR1, &before, nullptr) == 0);
        CHECK(walk().addresses.size() > 8);
    }
    const Walk& result = walk();
    CHECK(result.stop == Stop::outermost);
    // The innermost frames differ by where in the function each walk began, and a sanitizer puts
    // its own function around backtrace().
    REQUIRE(result.expected.size() >= result.addresses.size());
    REQUIRE(result.expected.size() <= result.addresses.size() + 1);
    CHECK(std::equal(result.addresses.rbegin(), result.addresses.rend() - 1,
                     result.expected.rbegin()));
}

}  // namespace
}  // namespace leaklens
