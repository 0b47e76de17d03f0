// The outline of an x86-64 instruction: prefixes, opcode, operand bytes, length. Source: Intel 64
// and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2 and appendix A.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace leaklens {

enum class OpcodeMap : std::uint8_t { one_byte, two_byte, three_byte, vector };

struct InstructionOutline {
    OpcodeMap map = OpcodeMap::one_byte;  // vector: with a VEX or EVEX prefix
    std::uint8_t opcode = 0;
    std::uint8_t rex = 0;  // 0 where there is none
    bool operand_prefix = false;
    bool lock_prefix = false;
    bool segment_prefix = false;     // es, cs, ss or ds; also the hints of conditional jumps
    std::uint8_t repeat_prefix = 0;  // 0xF2, 0xF3 or 0
    bool has_modrm = false;
    std::uint8_t modrm = 0;
    bool rip_relative = false;  // the operand in memory is relative to the next instruction
    std::int32_t memory_displacement = 0;
    std::int64_t immediate = 0;  // sign-extended; 0 where there is none
    std::uint8_t length = 0;

    [[nodiscard]] unsigned mod() const { return modrm >> 6U; }
    // The register fields, with the REX prefix's extension.
    [[nodiscard]] unsigned reg() const { return (modrm >> 3U & 7U) | (rex & 4U) << 1U; }
    [[nodiscard]] unsigned rm() const { return (modrm & 7U) | (rex & 1U) << 3U; }
    [[nodiscard]] unsigned opcode_register() const { return (opcode & 7U) | (rex & 1U) << 3U; }
    // The register field as the opcode's extension in a group.
    [[nodiscard]] unsigned group() const { return modrm >> 3U & 7U; }
    [[nodiscard]] bool wide() const { return (rex & 8U) != 0; }
};

// Nothing where the bytes are too few, or no valid encoding in 64-bit mode.
std::optional<InstructionOutline> outline_instruction(std::span<const std::uint8_t> code);

}  // namespace leaklens
