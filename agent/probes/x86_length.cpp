#include "agent/probes/x86_length.h"

#include "agent/elf/byte_reader.h"

namespace leaklens {

namespace {

constexpr std::size_t kMaxLength = 15;

// What follows the opcode. `immediate` is in bytes; `operand_sized` ones have four, or two with an
// operand prefix.
struct Operands {
    bool valid = true;
    bool modrm = false;
    std::uint8_t immediate = 0;
    bool operand_sized = false;
};

constexpr Operands kInvalid{.valid = false, .modrm = false, .immediate = 0, .operand_sized = false};
constexpr Operands kNone{};
constexpr Operands kModrm{.valid = true, .modrm = true, .immediate = 0, .operand_sized = false};
constexpr Operands kModrmByte{.valid = true, .modrm = true, .immediate = 1, .operand_sized = false};
constexpr Operands kByte{.valid = true, .modrm = false, .immediate = 1, .operand_sized = false};
constexpr Operands kSized{.valid = true, .modrm = false, .immediate = 0, .operand_sized = true};
constexpr Operands kModrmSized{.valid = true, .modrm = true, .immediate = 0, .operand_sized = true};

constexpr Operands immediate_of(std::uint8_t bytes) {
    return {.valid = true, .modrm = false, .immediate = bytes, .operand_sized = false};
}

bool in(std::uint8_t opcode, std::uint8_t first, std::uint8_t last) {
    return opcode >= first && opcode <= last;
}

// The eight arithmetic rows share their columns: four with operands, two with an immediate, and
// two that 64-bit mode has dropped.
Operands arithmetic_operands(std::uint8_t opcode) {
    const unsigned column = opcode & 7U;
    if (column < 4) return kModrm;
    if (column == 4) return kByte;
    return column == 5 ? kSized : kInvalid;
}

// With an operand prefix, makers of processors disagree about the size; REX.W cancels the prefix,
// which code for thread-local variables uses as padding.
Operands branch_operands(const InstructionOutline& outline) {
    return outline.operand_prefix && !outline.wide() ? kInvalid : immediate_of(4);
}

Operands one_byte_operands(const InstructionOutline& outline) {
    const std::uint8_t opcode = outline.opcode;
    if (opcode < 0x40) return arithmetic_operands(opcode);
    // Prefixes behind REX: allowed, but no compiler writes them.
    if (opcode < 0x50 || in(opcode, 0x64, 0x67)) return kInvalid;
    if (in(opcode, 0x50, 0x5F) || in(opcode, 0x90, 0x99) || in(opcode, 0x9B, 0x9F)) return kNone;
    if (in(opcode, 0x70, 0x7F)) return kByte;
    if (in(opcode, 0x84, 0x8F) || in(opcode, 0xD0, 0xD3) || in(opcode, 0xD8, 0xDF)) return kModrm;
    if (in(opcode, 0xA0, 0xA3)) return immediate_of(8);
    if (in(opcode, 0xB0, 0xB7)) return kByte;
    if (in(opcode, 0xB8, 0xBF)) return outline.wide() ? immediate_of(8) : kSized;
    if (in(opcode, 0xE0, 0xE7)) return kByte;
    switch (opcode) {
        case 0x63:
        case 0xFE:
        case 0xFF:
        case 0xF6:  // the immediate of 0xF6 and 0xF7 depends on the group
        case 0xF7:
            return kModrm;
        case 0x68:
        case 0xA9:
            return kSized;
        case 0x6A:
        case 0xA8:
        case 0xCD:
        case 0xEB:
            return kByte;
        case 0x69:
        case 0x81:
        case 0xC7:
            return kModrmSized;
        case 0x6B:
        case 0x80:
        case 0x83:
        case 0xC0:
        case 0xC1:
        case 0xC6:
            return kModrmByte;
        case 0xC2:
        case 0xCA:
            return immediate_of(2);
        case 0xC8:
            return immediate_of(3);
        case 0xE8:
        case 0xE9:
            return branch_operands(outline);
        case 0x60:
        case 0x61:
        case 0x62:
        case 0x82:
        case 0x9A:
        case 0xC4:
        case 0xC5:
        case 0xCE:
        case 0xD4:
        case 0xD5:
        case 0xD6:
        case 0xEA:
        case 0xF0:
        case 0xF2:
        case 0xF3:
            return kInvalid;
        default:
            return kNone;
    }
}

// Vector encodings have the same immediates as the two-byte opcodes that they extend.
bool has_byte_immediate(std::uint8_t opcode) {
    return in(opcode, 0x70, 0x73) || opcode == 0xC2 || in(opcode, 0xC4, 0xC6);
}

Operands two_byte_operands(const InstructionOutline& outline) {
    const std::uint8_t opcode = outline.opcode;
    if (has_byte_immediate(opcode)) return kModrmByte;
    if (in(opcode, 0x80, 0x8F)) return branch_operands(outline);
    if (in(opcode, 0xC8, 0xCF) || in(opcode, 0x30, 0x35)) return kNone;
    switch (opcode) {
        case 0x05:
        case 0x06:
        case 0x07:
        case 0x08:
        case 0x09:
        case 0x0B:
        case 0x0E:
        case 0x37:
        case 0x77:
        case 0xA0:
        case 0xA1:
        case 0xA2:
        case 0xA8:
        case 0xA9:
        case 0xAA:
            return kNone;
        case 0x0F:
        case 0xA4:
        case 0xAC:
        case 0xBA:
            return kModrmByte;
        case 0x04:
        case 0x0A:
        case 0x0C:
        case 0x36:
        case 0x39:
        case 0x78:
        case 0x79:
        case 0x7A:
        case 0x7B:
        case 0xA6:
        case 0xA7:
            return kInvalid;
        default:
            return in(opcode, 0x24, 0x27) || in(opcode, 0x3B, 0x3F) ? kInvalid : kModrm;
    }
}

// Prefixes and opcode. Returns what follows it.
Operands read_opcode(ByteReader& reader, InstructionOutline& outline) {
    std::uint8_t byte = reader.u8();
    for (;; byte = reader.u8()) {
        if (byte == 0x66) {
            outline.operand_prefix = true;
        } else if (byte == 0xF2 || byte == 0xF3) {
            outline.repeat_prefix = byte;
        } else if (byte == 0xF0) {
            outline.lock_prefix = true;
        } else if (byte == 0x26 || byte == 0x2E || byte == 0x36 || byte == 0x3E) {
            outline.segment_prefix = true;
        } else if (byte != 0x64 && byte != 0x65 && byte != 0x67) {
            break;
        }
    }
    if (in(byte, 0x40, 0x4F)) {
        outline.rex = byte;
        byte = reader.u8();
    }
    const bool vex = byte == 0xC4 || byte == 0xC5;
    if (vex || byte == 0x62) {
        // VEX and EVEX: payload bytes, the first of which names the map unless there is only one.
        const std::uint8_t first = reader.u8();
        const unsigned map = byte == 0xC5 ? 1U : first & (vex ? 0x1FU : 7U);
        reader.skip(byte == 0xC5 ? 0 : byte == 0xC4 ? 1 : 2);
        outline.map = OpcodeMap::vector;
        outline.opcode = reader.u8();
        if (map == 0 || map == 4 || map > 6) return kInvalid;
        if (map == 1 && outline.opcode == 0x77) return kNone;
        return map == 3 || (map == 1 && has_byte_immediate(outline.opcode)) ? kModrmByte : kModrm;
    }
    outline.opcode = byte;
    if (byte != 0x0F) return one_byte_operands(outline);
    outline.map = OpcodeMap::two_byte;
    outline.opcode = reader.u8();
    if (outline.opcode != 0x38 && outline.opcode != 0x3A) return two_byte_operands(outline);
    const bool immediate = outline.opcode == 0x3A;
    outline.map = OpcodeMap::three_byte;
    outline.opcode = reader.u8();
    return immediate ? kModrmByte : kModrm;
}

void read_memory_operand(ByteReader& reader, InstructionOutline& outline) {
    if (outline.mod() == 3) return;
    unsigned base = outline.modrm & 7U;
    if (base == 4) {
        base = reader.u8() & 7U;
    } else if (outline.mod() == 0 && base == 5) {
        outline.rip_relative = true;
    }
    if (outline.mod() == 1) {
        outline.memory_displacement = std::int32_t{static_cast<std::int8_t>(reader.u8())};
    } else if (outline.mod() == 2 || base == 5) {
        outline.memory_displacement = static_cast<std::int32_t>(reader.u32());
    }
}

std::int64_t read_immediate(ByteReader& reader, std::uint8_t size) {
    switch (size) {
        case 1:
            return static_cast<std::int8_t>(reader.u8());
        case 2:
            return static_cast<std::int16_t>(reader.u16());
        case 4:
            return static_cast<std::int32_t>(reader.u32());
        case 8:
            return static_cast<std::int64_t>(reader.u64());
        default:
            reader.skip(size);
            return 0;
    }
}

}  // namespace

std::optional<InstructionOutline> outline_instruction(std::span<const std::uint8_t> code) {
    ByteReader reader(code.first(code.size() < kMaxLength ? code.size() : kMaxLength));
    InstructionOutline outline;
    const Operands operands = read_opcode(reader, outline);
    if (!operands.valid) return std::nullopt;
    std::uint8_t immediate = operands.immediate;
    if (operands.operand_sized) immediate = outline.operand_prefix && !outline.wide() ? 2 : 4;
    if (operands.modrm) {
        outline.has_modrm = true;
        outline.modrm = reader.u8();
        // pop has one form; the others are AMD's XOP encodings, which no current processor has.
        const bool is_xop = outline.map == OpcodeMap::one_byte && outline.opcode == 0x8F;
        if (is_xop && outline.group() != 0) return std::nullopt;
        read_memory_operand(reader, outline);
        const bool test_group = outline.map == OpcodeMap::one_byte &&
                                (outline.opcode == 0xF6 || outline.opcode == 0xF7);
        if (test_group && outline.group() < 2) {
            const bool word = outline.operand_prefix && !outline.wide();
            immediate = outline.opcode == 0xF6 ? 1 : word ? 2 : 4;
        }
    }
    outline.immediate = read_immediate(reader, immediate);
    if (!reader.ok()) return std::nullopt;
    outline.length = static_cast<std::uint8_t>(reader.offset());
    return outline;
}

}  // namespace leaklens
