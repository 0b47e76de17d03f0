// A decoder of x86-64 instructions, as far as placing a probe needs one: how long an instruction
// is, where it leads, which general registers it may write. Not a disassembler.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace leaklens {

// General registers by their hardware number, as bits of a mask.
using RegisterMask = std::uint16_t;
inline constexpr unsigned kRax = 0;
inline constexpr unsigned kRcx = 1;
inline constexpr unsigned kRdx = 2;
inline constexpr unsigned kRsp = 4;
inline constexpr unsigned kRsi = 6;
inline constexpr unsigned kRdi = 7;
inline constexpr RegisterMask kAllRegisters = 0xFFFF;
constexpr RegisterMask register_bit(unsigned reg) {
    return static_cast<RegisterMask>(1U << reg);
}

struct Instruction {
    enum class Kind : std::uint8_t {
        other,
        push_register,
        nop,
        endbr64,
        jump,              // direct
        conditional_jump,  // direct
        call,              // direct
        indirect_jump,
        indirect_call,
        rip_indirect_jump,  // through a pointer at a known address: a linkage table's entry
        ret,
    };
    Kind kind = Kind::other;
    std::uint8_t length = 0;     // bytes, 1 to 15
    std::uint8_t condition = 0;  // of a conditional jump: the opcode's low four bits
    std::uint8_t reg = 0;        // of push_register
    // The kernel refuses to place a probe: with a prefix lock, es, cs, ss or ds (is_prefix_bad() in
    // arch/x86/kernel/uprobes.c), or on a branch or one-byte nop with an operand prefix
    // (branch_setup_xol_ops(), the nop up to 6.15).
    bool refuses_probes = false;
    bool keeps_flags = false;  // known not to change the arithmetic flags
    bool compares_rdi_with_zero = false;
    bool zeroes_eax = false;
    // Registers that may be written; all of them where the decoder does not know.
    RegisterMask writes = kAllRegisters;
    // Of jumps and calls, and of rip_indirect_jump the pointer: relative to the instruction's end.
    std::int64_t displacement = 0;
};

// Conditions of jumps, low four bits of the opcode.
inline constexpr std::uint8_t kConditionEqual = 4;

// Decodes the instruction at the start of `code`. Nothing where the bytes are too few, or no valid
// or known encoding.
std::optional<Instruction> decode_instruction(std::span<const std::uint8_t> code);

// "push %rbp", "jne", "nop": the kinds that a probe plan speaks of; "instruction" for all others.
std::string name_of(const Instruction& instruction);

}  // namespace leaklens
