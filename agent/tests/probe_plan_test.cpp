// Probe plans of real allocators, held against what their functions do when they run.
#include "agent/probes/probe_plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "agent/probes/allocator_functions.h"
#include "agent/tests/elf_files.h"
#include "agent/tests/traced_program.h"

namespace leaklens {
namespace {

using test::TracedProgram;

ProbePlan plan_of(const std::string& path, bool nops_are_emulated = false) {
    const Fd file = test::open_file(path);
    const auto image = ElfImage::open(file.get());
    REQUIRE_MESSAGE(image.ok(), path);
    return plan_probes(*image, path, nops_are_emulated);
}

const PlannedProbe* find(const ProbePlan& plan, const std::string& function) {
    const auto found = std::ranges::find(plan.probes, function, &PlannedProbe::function);
    return found == plan.probes.end() ? nullptr : &*found;
}

bool omits(const ProbePlan& plan, const std::string& function) {
    return std::ranges::any_of(
        plan.omitted, [&](const std::string& line) { return line.starts_with(function + ": "); });
}

// Calls every function of the allocator, many times. What the allocator lacks is another's (the C
// library's, below a preloaded one), and must not be mixed with it.
constexpr const char* kDriver = R"(
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <signal.h>
    #include <stddef.h>
    #include <stdlib.h>
    #include <malloc.h>
    #include <unistd.h>
    #define WEAK __attribute__((weak))
    void *memalign(size_t, size_t) WEAK;
    void *pvalloc(size_t) WEAK;
    void *mallocx(size_t, int) WEAK;
    void *rallocx(void *, size_t, int) WEAK;
    void dallocx(void *, int) WEAK;
    void sdallocx(void *, size_t, int) WEAK;
    void *_Znwm(size_t) WEAK;
    void *_ZnwmRKSt9nothrow_t(size_t, void *) WEAK;
    void *_ZnwmSt11align_val_t(size_t, size_t) WEAK;
    void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t, size_t, void *) WEAK;
    void _ZdlPv(void *) WEAK;
    void _ZdlPvm(void *, size_t) WEAK;
    void _ZdaPvm(void *, size_t) WEAK;
    void _ZdlPvRKSt9nothrow_t(void *, void *) WEAK;
    void _ZdlPvSt11align_val_t(void *, size_t) WEAK;
    void _ZdlPvmSt11align_val_t(void *, size_t, size_t) WEAK;
    void _ZdaPvmSt11align_val_t(void *, size_t, size_t) WEAK;
    static int ours(void *function) {
        Dl_info one, other;
        return function && dladdr(function, &one) && dladdr((void *)malloc, &other) &&
               one.dli_fbase == other.dli_fbase;
    }
    int main(void) {
        char nothrow = 0;
        kill(getpid(), SIGSTOP);
        for (size_t i = 1; i <= 12; ++i) {
            const size_t size = i * i * 700;
            void *p = malloc(size);
            p = realloc(p, size * 3);
            free(p);
            free(NULL);
            free(calloc(i, 40));
            free(realloc(NULL, size));
            free(aligned_alloc(64, 64 * i));
            if (posix_memalign(&p, 128, size) == 0) free(p);
            free(valloc(size));
            if (ours(memalign)) free(memalign(32, size));
            if (ours(pvalloc)) free(pvalloc(size));
            free(reallocarray(NULL, i, 100));
            if (ours(mallocx)) {
                dallocx(rallocx(mallocx(size, 0), size * 2, 0), 0);
                sdallocx(mallocx(size, 0), size, 0);
            }
            if (!ours(_Znwm)) continue;
            _ZdlPv(_Znwm(size));
            _ZdlPvm(_Znwm(size), size);
            _ZdaPvm(_Znwm(size), size);
            _ZdlPv(NULL);
            _ZdlPvm(NULL, 1);
            if (ours(_ZdlPvRKSt9nothrow_t)) {
                _ZdlPvRKSt9nothrow_t(_ZnwmRKSt9nothrow_t(size, &nothrow), &nothrow);
            }
            _ZdlPvSt11align_val_t(_ZnwmSt11align_val_t(size, 64), 64);
            _ZdlPvmSt11align_val_t(_ZnwmSt11align_val_t(size, 64), size, 64);
            _ZdaPvmSt11align_val_t(
                _ZnwmSt11align_val_tRKSt9nothrow_t(size, 64, &nothrow), size, 64);
        }
        _exit(7);
    })";

std::uint64_t value_of(unsigned reg, const user_regs_struct& registers) {
    if (reg == kRdi) return registers.rdi;
    if (reg == kRsi) return registers.rsi;
    return registers.rdx;
}

// A function's calls, as seen at its first instruction and at its probe.
struct Calls {
    std::size_t entered = 0;
    std::size_t entered_with_null = 0;
    std::size_t probed = 0;
    std::size_t probed_with_null = 0;
    std::vector<user_regs_struct> open;  // entered, probe not yet passed
};

// The probe must see what the function's caller passed, before anything was pushed.
void check_state(const PlannedProbe& probe, const user_regs_struct& entry,
                 const user_regs_struct& now) {
    CHECK(now.rsp == entry.rsp);
    for (const unsigned reg : {kRdi, kRsi, kRdx}) {
        if ((argument_registers(probe.shape) & register_bit(reg)) == 0) continue;
        CHECK(value_of(reg, now) == value_of(reg, entry));
    }
}

// Runs a driver and checks that each planned probe is passed exactly once in each call, with the
// arguments and the stack pointer of the entry. Returns the functions whose probes were passed.
std::set<std::string> check_running(const std::string& module, const ProbePlan& plan,
                                    TracedProgram& program) {
    CAPTURE(module);
    std::map<std::uint64_t, const PlannedProbe*> entries;
    std::map<std::uint64_t, const PlannedProbe*> probes;
    std::vector<std::uint64_t> addresses;
    for (const PlannedProbe& probe : plan.probes) {
        const std::uint64_t address = program.address_of(module, probe.file_offset);
        REQUIRE(address != 0);
        probes[address] = &probe;
        entries[address - probe.instruction_offset] = &probe;
        addresses.insert(addresses.end(), {address, address - probe.instruction_offset});
    }
    std::map<const PlannedProbe*, Calls> calls;
    const int code =
        program.run(addresses, [&](std::uint64_t address, const user_regs_struct& registers) {
            if (const auto entry = entries.find(address); entry != entries.end()) {
                Calls& of = calls[entry->second];
                ++of.entered;
                if (registers.rdi == 0) ++of.entered_with_null;
                of.open.push_back(registers);
            }
            if (const auto at = probes.find(address); at != probes.end()) {
                CAPTURE(at->second->function);
                Calls& of = calls[at->second];
                ++of.probed;
                if (registers.rdi == 0) ++of.probed_with_null;
                REQUIRE_FALSE(of.open.empty());
                check_state(*at->second, of.open.back(), registers);
                of.open.pop_back();
            }
        });
    CHECK(code == 7);
    std::set<std::string> passed;
    for (const auto& call : calls) {
        const PlannedProbe* probe = call.first;
        const Calls& of = call.second;
        CAPTURE(probe->function);
        CHECK(of.probed - of.probed_with_null == of.entered - of.entered_with_null);
        const bool sees_null = of.probed_with_null == of.entered_with_null;
        const bool leaves_null = of.probed_with_null == 0 &&
                                 probe->shape == AllocatorShape::free_like &&
                                 probe->reason.find("free(NULL)") != std::string::npos;
        CHECK((sees_null || leaves_null));
        if (of.probed > 0) passed.insert(probe->function);
    }
    return passed;
}

void check_offsets(const ProbePlan& plan) {
    std::set<std::uint64_t> offsets;
    for (const PlannedProbe& probe : plan.probes) {
        CHECK(offsets.insert(probe.file_offset).second);
        CHECK(probe.returns == (probe.shape != AllocatorShape::free_like));
        CHECK_FALSE(probe.reason.empty());
    }
}

std::string driver() {
    static const std::string path = test::compile(
        "gcc", kDriver, {"-O1", "-fPIC", "-fno-builtin", "-w", "-Wl,-z,dynamic-undefined-weak"});
    return path;
}

TEST_CASE("probe plan: glibc, while its functions run") {
    const std::string path = test::libc_path();
    const ProbePlan plan = plan_of(path);
    CHECK(plan.family == "glibc");
    check_offsets(plan);
    for (const char* hot : {"malloc", "free", "calloc", "realloc"}) {
        CAPTURE(hot);
        REQUIRE(find(plan, hot) != nullptr);
        CHECK(find(plan, hot)->emulated);
    }
    CHECK(find(plan, "_Znwm") == nullptr);
    TracedProgram program(driver(), {});
    const auto passed = check_running(path, plan, program);
    for (const PlannedProbe& probe : plan.probes)
        CHECK(passed.contains(probe.function));
    // Each request to realloc's kin is seen at realloc.
    CHECK((omits(plan, "reallocarray") || passed.contains("reallocarray")));
}

struct Preloaded {
    const char* family;
    const char* file;
};

TEST_CASE("probe plan: allocators that take malloc's place, while they run") {
    const auto folder = std::filesystem::path(test::libc_path()).parent_path();
    for (const Preloaded& allocator : {Preloaded{"jemalloc", "libjemalloc.so.2"},
                                       Preloaded{"tcmalloc", "libtcmalloc_minimal.so.4"},
                                       Preloaded{"mimalloc", "libmimalloc.so.2"}}) {
        CAPTURE(allocator.family);
        const std::string path = (folder / allocator.file).string();
        const ProbePlan plan = plan_of(path, true);
        CHECK(plan.family == allocator.family);
        check_offsets(plan);
        // Their operator new has a way of its own to memory.
        CHECK(find(plan, "_Znwm") != nullptr);
        TracedProgram program(driver(), {"LD_PRELOAD=" + path});
        const auto passed = check_running(path, plan, program);
        for (const char* function : {"malloc", "free", "calloc", "realloc", "_Znwm"}) {
            CHECK(passed.contains(function));
        }
        // mimalloc's malloc overwrites its argument before any instruction that is emulated.
        if (std::string_view(allocator.family) != "mimalloc") {
            CHECK(find(plan, "malloc")->emulated);
        }
        CHECK(find(plan, "free")->emulated);
    }
}

TEST_CASE("probe plan: musl, while its functions run") {
    const std::string path = "/usr/lib/x86_64-linux-musl/libc.so";
    const ProbePlan plan = plan_of(path);
    CHECK(plan.family == "musl");
    check_offsets(plan);
    // Without musl's headers and start files: its C library starts main just as well.
    const std::string start = R"(
        __asm__(".globl _start\n_start: mov %rsp,%rdi\n and $-16,%rsp\n call begin\n");
        int main(void);
        int __libc_start_main(int (*)(void), int, char **, void *, void *, void *);
        void begin(long *stack) {
            __libc_start_main(main, (int)stack[0], (char **)(stack + 1), 0, 0, 0);
        })";
    const std::string program_path = test::compile(
        "gcc", kDriver + start,
        {"-O1", "-fPIC", "-fno-builtin", "-w", "-nostdlib", "-nostartfiles", "-fno-stack-protector",
         "-Wl,-z,dynamic-undefined-weak", path, "-Wl,-dynamic-linker=" + path});
    TracedProgram program(program_path, {});
    const auto passed = check_running(path, plan, program);
    for (const char* function : {"malloc", "free", "calloc", "realloc", "aligned_alloc"}) {
        CHECK(passed.contains(function));
    }
    CHECK(omits(plan, "memalign"));
}

TEST_CASE("probe plan: a static program has its allocator in itself, once") {
    const std::string path = test::compile("g++", R"(
        #include <csignal>
        #include <cstdlib>
        #include <new>
        #include <unistd.h>
        int main() {
            kill(getpid(), SIGSTOP);
            for (std::size_t i = 1; i < 10; ++i) {
                void* volatile p = ::operator new(i * 100);
                ::operator delete(p);
                p = std::malloc(i * 1000);
                p = std::realloc(p, i * 2000);
                std::free(p);
                std::free(nullptr);
            }
            _exit(7);
        })",
                                           {"-O1", "-static", "-fno-builtin"});
    const ProbePlan plan = plan_of(path);
    CHECK(plan.family == "glibc");
    check_offsets(plan);
    // The C++ library's operators are there too, but they only call malloc and free.
    CHECK(find(plan, "_Znwm") == nullptr);
    CHECK(omits(plan, "_Znwm"));
    CHECK(omits(plan, "_ZdlPv"));
    TracedProgram program(path, {});
    const auto passed = check_running(path, plan, program);
    for (const char* function : {"malloc", "free", "realloc"})
        CHECK(passed.contains(function));
}

TEST_CASE("probe plan: modules without an allocator of their own") {
    CHECK(plan_of(test::libstdcxx_path()).probes.empty());
    const auto folder = std::filesystem::path(test::libc_path()).parent_path();
    CHECK(plan_of((folder / "libm.so.6").string()).probes.empty());
    const std::string only_malloc =
        test::compile("gcc", "#include <stddef.h>\nvoid *malloc(size_t n) { (void)n; return 0; }",
                      {"-shared", "-fPIC", "-fno-builtin"});
    CHECK(plan_of(only_malloc).probes.empty());
}

constexpr const char* kTinyAllocator = R"(
    #include <stddef.h>
    void *malloc(size_t n) { static char pool[64]; return n < 64 ? pool : 0; }
    void free(void *p) { *(char *)p = 0; })";

TEST_CASE("probe plan: glibc's loader serves nobody but itself") {
    const std::vector<std::string> options{"-shared", "-fPIC", "-fno-builtin"};
    const std::string plain = test::compile("gcc", kTinyAllocator, options);
    CHECK(plan_of(plain).family == "other");
    CHECK(plan_of(plain).probes.size() == 2);
    auto loader = options;
    loader.emplace_back("-Wl,-soname=ld-linux-x86-64.so.2");
    CHECK(plan_of(test::compile("gcc", kTinyAllocator, loader)).probes.empty());
}

TEST_CASE("probe plan: functions that go in a circle are all probed") {
    const std::string path = test::compile("gcc", R"(
        #include <stddef.h>
        void *valloc(size_t);
        void *pvalloc(size_t);
        void *malloc(size_t n) { static char pool[64]; return n < 64 ? pool : 0; }
        void free(void *p) { *(char *)p = 0; }
        __asm__(".globl valloc\n.type valloc,@function\nvalloc: jmp pvalloc@plt\n"
                ".size valloc,.-valloc\n.globl pvalloc\n.type pvalloc,@function\n"
                "pvalloc: jmp valloc@plt\n.size pvalloc,.-pvalloc\n");)",
                                           {"-shared", "-fPIC", "-fno-builtin"});
    const ProbePlan plan = plan_of(path);
    CHECK(find(plan, "valloc") != nullptr);
    CHECK(find(plan, "pvalloc") != nullptr);
}

}  // namespace
}  // namespace leaklens
