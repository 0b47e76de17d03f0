// Walks real stacks of this process by the rows of its own modules.
#include <doctest/doctest.h>
#include <execinfo.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "agent/tests/elf_files.h"
#include "agent/tests/unwind_rows.h"

namespace leaklens {
namespace {

using test::row_at;
using test::table_of;

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
