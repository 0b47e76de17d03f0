// Where probes go in small functions made for it, and which functions only pass requests on.
#include "agent/probes/prologue.h"

#include <doctest/doctest.h>

#include "agent/elf/elf_image.h"
#include "agent/probes/forwarding.h"
#include "agent/tests/elf_files.h"

namespace leaklens {
namespace {

constexpr RegisterMask kFirst = register_bit(kRdi);
constexpr RegisterMask kFirstTwo = register_bit(kRdi) | register_bit(kRsi);

struct Assembled {
    std::uint64_t address = 0;
    test::Bytes code;
    std::uint64_t other = 0;  // address of `other`, a function beside it
};

// Assembles one function.
Assembled assemble(const std::string& text) {
    const std::string source = "__asm__(\".text\\n.globl f\\n.type f,@function\\nf:\\n" + text +
                               "\\n.size f,.-f\\n.balign 16\\n.globl other\\n"
                               ".type other,@function\\nother: ret\\n.size other,1\\n"
                               ".hidden other\\n\");";
    const std::string path =
        test::compile("gcc", source, {"-shared", "-nostdlib", "-Wl,-Bsymbolic"});
    const Fd file = test::open_file(path);
    const auto image = ElfImage::open(file.get());
    REQUIRE(image.ok());
    const auto found = image->functions({"f"});
    REQUIRE(found[0].has_value());
    auto code = image->read_virtual(found[0]->address, found[0]->size);
    REQUIRE(code.ok());
    const std::uint64_t end = found[0]->address + found[0]->size;
    return {found[0]->address, std::move(code).value(), (end + 15) / 16 * 16};
}

ProbePoint point_of(const std::string& text, RegisterMask arguments, bool ignores_null = false,
                    bool nops_are_emulated = false) {
    const Assembled assembled = assemble(text);
    ProbePoint point = choose_probe_point({.code = assembled.code,
                                           .arguments = arguments,
                                           .ignores_null = ignores_null,
                                           .nops_are_emulated = nops_are_emulated});
    CHECK_FALSE(point.reason.empty());
    CHECK(point.reason.find('\n') == std::string::npos);
    CHECK(point.reason.find("at +" + std::to_string(point.offset)) != std::string::npos);
    return point;
}

void check_point(const ProbePoint& point, std::uint32_t offset, bool emulated) {
    CAPTURE(point.reason);
    CHECK(point.offset == offset);
    CHECK(point.emulated == emulated);
}

TEST_CASE("prologue: the first instruction where it is emulated") {
    check_point(point_of("push %rbp; mov %rsp,%rbp; pop %rbp; ret", kFirst), 0, true);
    check_point(point_of("push %r12; pop %r12; ret", kFirst), 0, true);
    check_point(point_of("jmp other", kFirst), 0, true);
    check_point(point_of("nop; ret", kFirst), 0, true);
}

TEST_CASE("prologue: endbr64 is stepped over") {
    check_point(point_of("endbr64; push %rbx; pop %rbx; ret", kFirst), 4, true);
    check_point(point_of("endbr64; mov (%rdi),%rdi; ret", kFirst), 4, false);
}

TEST_CASE("prologue: later instructions, as long as arguments and stack pointer are untouched") {
    check_point(point_of("cmpb $0,16(%rip); push %rbx; pop %rbx; ret", kFirst), 7, true);
    check_point(point_of("mov %rdi,%rax; cmp $64,%rax; ja 1f; xor %eax,%eax; 1: ret", kFirst), 7,
                true);
    check_point(point_of("mov %edi,%edi; push %rbx; pop %rbx; ret", kFirst), 0, false);
    check_point(point_of("sub $8,%rsp; push %rbx; pop %rbx; add $8,%rsp; ret", kFirst), 0, false);
    // The second argument counts only for functions that have one.
    check_point(point_of("mov %rdi,%rsi; push %rbx; pop %rbx; ret", kFirst), 3, true);
    check_point(point_of("mov %rdi,%rsi; push %rbx; pop %rbx; ret", kFirstTwo), 0, false);
    // An instruction that the decoder does not know may write anything.
    check_point(point_of("cpuid; push %rbx; pop %rbx; ret", kFirst), 0, false);
    check_point(point_of("ret", kFirst), 0, false);
}

TEST_CASE("prologue: what not every call passes is no place") {
    check_point(point_of("test %rdi,%rdi; jne 1f; push %rbx; pop %rbx; 1: ret", kFirst), 3, true);
    // The push is reached by both ways, but the first decision comes before and is as good.
    check_point(point_of("cmp $1,%rsi; je 1f; xor %eax,%eax; 1: push %rbx; pop %rbx; ret", kFirst),
                4, true);
}

TEST_CASE("prologue: what a call may pass more than once is no place") {
    // A loop back to the decision: only the function's first instruction is passed once.
    check_point(point_of("mov %rdi,%rax; 1: dec %rax; jne 1b; ret", kFirst), 0, false);
    check_point(point_of("mov %rdi,%rax; 1: push %rbx; pop %rbx; dec %rax; jne 1b; ret", kFirst), 0,
                false);
    check_point(point_of("push %rbx; mov %rdi,%rax; 1: dec %rax; jne 1b; pop %rbx; ret", kFirst), 0,
                true);
}

TEST_CASE("prologue: free(NULL) is left alone where a branch at the start handles it") {
    const std::string by_test = "test %rdi,%rdi; je 1f; push %rbp; pop %rbp; 1: ret";
    check_point(point_of(by_test, kFirst, true), 5, true);
    CHECK(point_of(by_test, kFirst, true).reason ==
          "push %rbp at +5: behind the free(NULL) branch, emulated by the kernel");
    check_point(point_of("cmp $0,%rdi; je 1f; push %rbp; pop %rbp; 1: ret", kFirst, true), 6, true);
    check_point(point_of("endbr64; test %rdi,%rdi; mov %rdi,%rcx; je 1f; lea -16(%rdi),%rsi;"
                         "push %rbp; pop %rbp; 1: ret",
                         kFirst, true),
                16, true);
    // For other functions a null argument matters.
    check_point(point_of(by_test, kFirst, false), 3, true);
    // Not the null branch: another register, another condition, flags of another instruction.
    check_point(point_of("test %rsi,%rsi; je 1f; push %rbp; pop %rbp; 1: ret", kFirst, true), 3,
                true);
    check_point(point_of("test %edi,%edi; je 1f; push %rbp; pop %rbp; 1: ret", kFirst, true), 2,
                true);
    check_point(point_of("test %rdi,%rdi; jle 1f; push %rbp; pop %rbp; 1: ret", kFirst, true), 3,
                true);
    check_point(
        point_of("test %rdi,%rdi; add $1,%rax; je 1f; push %rbp; pop %rbp; 1: ret", kFirst, true),
        7, true);
    // Where nothing behind the branch is emulated, the branch itself is.
    check_point(point_of("test %rdi,%rdi; je 1f; sub $8,%rsp; add $8,%rsp; 1: ret", kFirst, true),
                3, true);
    // A push before the test changes the stack pointer: that is the only place.
    check_point(point_of("push %rbx; test %rdi,%rdi; je 1f; nop; 1: pop %rbx; ret", kFirst, true),
                0, true);
}

TEST_CASE("prologue: long nops are emulated by newer kernels only") {
    const std::string five = ".byte 0x0f,0x1f,0x44,0x00,0x00; mov (%rdi),%rdi; ret";
    check_point(point_of(five, kFirst, false, false), 0, false);
    check_point(point_of(five, kFirst, false, true), 0, true);
    // Not one of the kernel's own.
    const std::string odd = ".byte 0x0f,0x1f,0x44,0x00,0x08; mov (%rdi),%rdi; ret";
    check_point(point_of(odd, kFirst, false, true), 0, false);
}

TEST_CASE("prologue: instructions that refuse probes are passed over") {
    check_point(point_of("lock incl (%rsi); push %rbx; pop %rbx; ret", kFirst), 3, true);
    check_point(point_of("xchg %ax,%ax; mov (%rdi),%rax; mov (%rdi),%rdi; ret", kFirst), 2, false);
}

TEST_CASE("prologue: no code, or none that is understood") {
    CHECK_FALSE(choose_probe_point({}).emulated);
    const test::Bytes bad{0x06, 0x55};
    const ProbePoint point = choose_probe_point(
        {.code = bad, .arguments = kFirst, .ignores_null = false, .nops_are_emulated = true});
    CHECK(point.offset == 0);
    CHECK_FALSE(point.emulated);
}

std::optional<Forwarding> forwarding_of(const std::string& text, bool to_other = true) {
    const Assembled assembled = assemble(text);
    const auto forwarding = find_forwarding(assembled.code, assembled.address);
    if (forwarding && to_other) CHECK(forwarding->target == assembled.other);
    return forwarding;
}

TEST_CASE("forwarding: jumps and calls that pass a request on") {
    const auto jump = forwarding_of("endbr64; jmp other");
    REQUIRE(jump.has_value());
    CHECK(jump->is_tail);
    CHECK(jump->keeps_first_argument);

    const auto adjusted = forwarding_of("sub $16,%rdi; jmp other");
    REQUIRE(adjusted.has_value());
    CHECK_FALSE(adjusted->keeps_first_argument);

    const auto clobbered = forwarding_of("syscall; jmp other");
    REQUIRE(clobbered.has_value());
    CHECK_FALSE(clobbered->keeps_first_argument);

    const auto product = forwarding_of(
        "mov %rsi,%rax; mul %rdx; mov %rax,%rsi; jo 1f; jmp other; 1: movl $12,(%rcx);"
        "xor %eax,%eax; ret");
    REQUIRE(product.has_value());
    CHECK(product->is_tail);

    const auto call = forwarding_of("push %rbx; mov %rdi,%rbx; call other; pop %rbx; ret");
    REQUIRE(call.has_value());
    CHECK_FALSE(call->is_tail);
}

TEST_CASE("forwarding: functions with a way of their own do not forward") {
    CHECK_FALSE(forwarding_of("ret").has_value());
    CHECK_FALSE(forwarding_of("mov (%rdi),%rax; test %rax,%rax; je 1f; ret; 1: jmp other"));
    CHECK_FALSE(forwarding_of("test %rdi,%rdi; je 1f; call other; 1: ret"));
    CHECK_FALSE(forwarding_of("test %rdi,%rdi; je other; jmp *%rax"));
    CHECK_FALSE(forwarding_of("test %rdi,%rdi; je other; jmp other+64"));
    CHECK_FALSE(forwarding_of("jmp 1f; 1: push %rbx; pop %rbx; ret"));
    CHECK_FALSE(forwarding_of("1: test %rdi,%rdi; je 1b; xor %eax,%eax; ret"));
    CHECK_FALSE(forwarding_of(".byte 0x06; jmp other"));
}

}  // namespace
}  // namespace leaklens
