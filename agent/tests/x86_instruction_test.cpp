// The instruction decoder against binutils' disassembler, on every instruction of the C library.
#include "agent/probes/x86_instruction.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "agent/tests/elf_files.h"

namespace leaklens {
namespace {

using Kind = Instruction::Kind;

// One line of objdump.
struct Disassembled {
    std::uint64_t address = 0;
    test::Bytes bytes;
    std::vector<std::string> prefixes;
    std::string mnemonic;
    std::string operands;
    std::string comment;  // behind '#'
};

bool is_prefix(const std::string& word) {
    static const std::set<std::string> prefixes{"lock",    "rep", "repz", "repnz",  "cs",
                                                "ds",      "es",  "ss",   "data16", "addr32",
                                                "notrack", "bnd", "rex.W"};
    return prefixes.contains(word);
}

Disassembled parse(const std::string& line) {
    Disassembled out;
    const std::size_t first_tab = line.find('\t');
    const std::size_t second_tab = line.find('\t', first_tab + 1);
    if (second_tab == std::string::npos || line[first_tab - 1] != ':') return out;
    out.address = std::stoull(line.substr(0, first_tab - 1), nullptr, 16);
    std::istringstream bytes(line.substr(first_tab + 1, second_tab - first_tab - 1));
    for (std::string byte; bytes >> byte;) {
        out.bytes.push_back(static_cast<std::uint8_t>(std::stoul(byte, nullptr, 16)));
    }
    std::string text = line.substr(second_tab + 1);
    const std::size_t comment = text.find('#');
    if (comment != std::string::npos) {
        out.comment = text.substr(comment + 1);
        text.resize(comment);
    }
    std::istringstream words(text);
    while (words >> out.mnemonic && is_prefix(out.mnemonic))
        out.prefixes.push_back(out.mnemonic);
    words >> out.operands;
    return out;
}

std::vector<Disassembled> disassemble(const std::string& path) {
    std::istringstream lines(test::run({"objdump", "-d", "-w", path}));
    std::vector<Disassembled> all;
    for (std::string line; std::getline(lines, line);) {
        Disassembled instruction = parse(line);
        if (!instruction.bytes.empty()) all.push_back(std::move(instruction));
    }
    return all;
}

// Hardware number of a general register by any of its names; nothing for other registers.
std::optional<unsigned> register_number(std::string name) {
    static constexpr std::array<std::array<std::string_view, 5>, 8> names{{
        {"rax", "eax", "ax", "al", "ah"},
        {"rcx", "ecx", "cx", "cl", "ch"},
        {"rdx", "edx", "dx", "dl", "dh"},
        {"rbx", "ebx", "bx", "bl", "bh"},
        {"rsp", "esp", "sp", "spl", ""},
        {"rbp", "ebp", "bp", "bpl", ""},
        {"rsi", "esi", "si", "sil", ""},
        {"rdi", "edi", "di", "dil", ""},
    }};
    if (!name.starts_with('%')) return std::nullopt;
    name.erase(0, 1);
    for (unsigned i = 0; i < names.size(); ++i) {
        if (std::ranges::find(names[i], name) != names[i].end()) return i;
    }
    if (name.size() < 2 || name[0] != 'r' || !std::isdigit(static_cast<unsigned char>(name[1]))) {
        return std::nullopt;
    }
    return static_cast<unsigned>(std::stoul(name.substr(1)));
}

bool any_prefix_of(std::string_view text, std::initializer_list<std::string_view> starts) {
    return std::ranges::any_of(starts, [&](auto start) { return text.starts_with(start); });
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, text) != words.end();
}

// The operands that stand outside of brackets.
std::vector<std::string> split_operands(const std::string& operands) {
    std::vector<std::string> parts(1);
    int depth = 0;
    for (const char c : operands) {
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c == ',' && depth == 0) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

// Registers that certainly are written, as the mnemonic says.
RegisterMask surely_written(const Disassembled& from) {
    const std::string& name = from.mnemonic;
    RegisterMask mask = 0;
    const auto add = [&mask](std::optional<unsigned> reg) {
        if (reg) mask |= register_bit(*reg);
    };
    const auto operands = split_operands(from.operands);
    const bool only_reads =
        any_prefix_of(name, {"cmp", "test", "push", "call", "jmp", "nop", "prefetch", "ucomi",
                             "comi", "vptest", "kortest", "ktest", "rdpkru", "mul", "div", "idiv",
                             "syscall", "wr", "ld"}) ||
        is_one_of(name, {"bt", "btl", "btq", "xabort"}) ||
        // With one operand, it is a factor of rax.
        (name.starts_with("imul") && operands.size() == 1) ||
        // One byte 90 with an operand prefix: a nop in disguise.
        (name == "xchg" && from.operands == "%ax,%ax");
    const bool compares = name.starts_with("cmpxchg");
    if (!only_reads || compares) add(register_number(operands.back()));
    if (is_one_of(name, {"mul", "mull", "mulq", "div", "divl", "divq", "idiv", "idivl", "idivq"}) ||
        (name.starts_with("imul") && operands.size() == 1)) {
        mask |= register_bit(kRax) | register_bit(kRdx);
    }
    if (is_one_of(name, {"cltq", "cwtl", "rdpkru"}) || compares) mask |= register_bit(kRax);
    if (is_one_of(name, {"cqto", "cltd"})) mask |= register_bit(kRdx);
    if (any_prefix_of(name, {"xchg", "xadd"}) && from.operands != "%ax,%ax") {
        add(register_number(operands.front()));
    }
    if (any_prefix_of(name, {"push", "pop", "call", "ret", "leave"}) &&
        !name.starts_with("popcnt")) {
        mask |= register_bit(kRsp);
    }
    if (is_one_of(name, {"movsb", "movsw", "movsl", "movsq", "stos", "lods", "scas", "cmps"}) &&
        from.operands.find("%ds:(%rsi)") != std::string::npos) {
        mask |= register_bit(kRsi) | register_bit(kRdi);
    }
    return mask;
}

bool changes_no_flags(const std::string& name) {
    return any_prefix_of(name, {"mov", "lea", "push", "pop", "nop", "endbr64", "j", "cmov", "set",
                                "prefetch", "xchg"}) &&
           !name.starts_with("popcnt");
}

Kind expected_kind(const Disassembled& from) {
    const std::string& name = from.mnemonic;
    const bool indirect = from.operands.starts_with('*');
    if (name == "push" && register_number(from.operands)) return Kind::push_register;
    if (name.starts_with("nop") || (name == "xchg" && from.operands == "%ax,%ax")) return Kind::nop;
    if (name == "endbr64") return Kind::endbr64;
    if (name == "jmp" && !indirect) return Kind::jump;
    if (name == "jmp") {
        return from.operands.ends_with("(%rip)") ? Kind::rip_indirect_jump : Kind::indirect_jump;
    }
    if (name == "call") return indirect ? Kind::indirect_call : Kind::call;
    if (name == "ret") return Kind::ret;
    if (name.starts_with("j") && name != "jrcxz") return Kind::conditional_jump;
    return Kind::other;
}

void check_instruction(const Disassembled& expected, std::size_t& understood) {
    const auto decoded = decode_instruction(expected.bytes);
    const std::string text = expected.mnemonic + " " + expected.operands;
    if (!decoded) {
        FAIL_CHECK(std::hex << expected.address << " is not decoded: " << text);
        return;
    }
    const Instruction& instruction = *decoded;
    bool right = instruction.length == expected.bytes.size();
    right = right && (surely_written(expected) & ~instruction.writes) == 0;
    right = right && (!instruction.keeps_flags || changes_no_flags(expected.mnemonic));
    const Kind kind = expected_kind(expected);
    right = right && instruction.kind == kind;

    const bool refused = std::ranges::any_of(expected.prefixes, [](const std::string& prefix) {
        return is_one_of(prefix, {"lock", "cs", "ds", "es", "ss", "notrack"});
    });
    right = right && (!refused || instruction.refuses_probes);

    const std::uint64_t target = expected.address + instruction.length +
                                 static_cast<std::uint64_t>(instruction.displacement);
    if (kind == Kind::jump || kind == Kind::call || kind == Kind::conditional_jump) {
        right = right && target == std::stoull(expected.operands, nullptr, 16);
    }
    if (kind == Kind::rip_indirect_jump) {
        right = right && target == std::stoull(expected.comment, nullptr, 16);
    }
    if (kind == Kind::conditional_jump) right = right && name_of(instruction) == expected.mnemonic;
    if (kind == Kind::push_register) {
        right = right && name_of(instruction) == "push " + expected.operands;
    }
    right = right && instruction.compares_rdi_with_zero ==
                         is_one_of(text, {"test %rdi,%rdi", "cmp $0x0,%rdi"});
    right = right && instruction.zeroes_eax == is_one_of(text, {"xor %eax,%eax", "xor %rax,%rax"});
    if (!right) FAIL_CHECK(std::hex << expected.address << ": " << text);
    if (instruction.writes != kAllRegisters) ++understood;
}

TEST_CASE("x86 instruction: all code of the C library is decoded as binutils does") {
    const auto all = disassemble(test::libc_path());
    CHECK(all.size() > 100000);
    std::size_t understood = 0;
    for (const Disassembled& expected : all)
        check_instruction(expected, understood);
    // Calls and returns are among those that may write everything.
    CHECK(understood > all.size() * 8 / 10);
}

TEST_CASE("x86 instruction: truncated and invalid code is nothing") {
    const auto decode = [](std::initializer_list<std::uint8_t> bytes) {
        return decode_instruction(test::Bytes(bytes));
    };
    CHECK_FALSE(decode({}).has_value());
    CHECK_FALSE(decode({0x48}).has_value());
    CHECK_FALSE(decode({0x0F}).has_value());
    CHECK_FALSE(decode({0x48, 0x8B, 0x05, 1, 2, 3}).has_value());
    CHECK_FALSE(decode({0xE8, 1, 2, 3}).has_value());
    CHECK_FALSE(decode({0x62}).has_value());
    CHECK_FALSE(decode({0x06}).has_value());  // push %es, gone in 64-bit mode
    CHECK_FALSE(decode({0x66, 0xE9, 0, 0, 0, 0}).has_value());
    CHECK_FALSE(decode_instruction(test::Bytes(16, 0x66)).has_value());
    // A REX prefix makes 90 an exchange, which is no nop.
    REQUIRE(decode({0x41, 0x90}).has_value());
    CHECK(decode({0x41, 0x90})->kind == Kind::other);
    CHECK(decode({0xF3, 0x90})->kind == Kind::other);
    CHECK(decode({0x90})->kind == Kind::nop);
    CHECK_FALSE(decode({0x90})->refuses_probes);
    CHECK(decode({0x66, 0x90})->kind == Kind::nop);
    CHECK(decode({0x66, 0x90})->refuses_probes);
    // ah and bh are parts of rax and rbx; with a REX prefix the same numbers are spl and dil.
    CHECK(decode({0xB4, 1})->writes == register_bit(kRax));
    CHECK(decode({0x40, 0xB4, 1})->writes == register_bit(kRsp));
}

}  // namespace
}  // namespace leaklens
