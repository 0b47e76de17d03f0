#include "agent/probes/x86_instruction.h"

#include <array>
#include <string_view>

#include "agent/probes/x86_length.h"

namespace leaklens {

namespace {

using Kind = Instruction::Kind;

// Without a REX prefix, byte registers 4 to 7 are the second bytes of registers 0 to 3.
unsigned byte_register(const InstructionOutline& outline, unsigned reg) {
    return outline.rex == 0 && reg >= 4 ? reg - 4 : reg;
}

RegisterMask operand_register(const InstructionOutline& outline, bool byte_sized) {
    const unsigned reg = outline.reg();
    return register_bit(byte_sized ? byte_register(outline, reg) : reg);
}

// The operand that may be memory: no register is written then.
RegisterMask operand_rm(const InstructionOutline& outline, bool byte_sized) {
    if (outline.mod() != 3) return 0;
    const unsigned rm = outline.rm();
    return register_bit(byte_sized ? byte_register(outline, rm) : rm);
}

// add, or, adc, sbb, and, sub, xor, cmp in all their forms.
void decode_arithmetic(const InstructionOutline& outline, Instruction& out) {
    const bool compares = outline.opcode >> 3U == 7;
    const unsigned column = outline.opcode & 7U;
    const bool byte_sized = (column & 1U) == 0;
    if (compares) {
        out.writes = 0;
    } else if (column >= 4) {
        out.writes = register_bit(kRax);
    } else {
        out.writes =
            column >= 2 ? operand_register(outline, byte_sized) : operand_rm(outline, byte_sized);
    }
    const bool is_xor = outline.opcode == 0x31 || outline.opcode == 0x33;
    out.zeroes_eax = is_xor && !outline.operand_prefix && outline.mod() == 3 &&
                     outline.reg() == kRax && outline.rm() == kRax;
}

void decode_groups(const InstructionOutline& outline, Instruction& out) {
    const bool byte_sized = (outline.opcode & 1U) == 0;
    const bool is_rdi = outline.mod() == 3 && outline.rm() == kRdi;
    switch (outline.opcode) {
        case 0x80:
        case 0x81:
        case 0x83:
            out.writes = outline.group() == 7 ? RegisterMask{0}
                                              : operand_rm(outline, outline.opcode == 0x80);
            out.compares_rdi_with_zero = outline.group() == 7 && outline.opcode != 0x80 &&
                                         outline.wide() && is_rdi && outline.immediate == 0;
            break;
        case 0xF6:
        case 0xF7:
            if (outline.group() < 2) {
                out.writes = 0;
            } else if (outline.group() < 4) {
                out.writes = operand_rm(outline, byte_sized);
            } else {
                out.writes = register_bit(kRax) | register_bit(kRdx);
            }
            break;
        case 0xFE:
            if (outline.group() < 2) out.writes = operand_rm(outline, true);
            break;
        case 0xFF:
            if (outline.group() < 2) out.writes = operand_rm(outline, false);
            if (outline.group() == 2) out.kind = Kind::indirect_call;
            if (outline.group() == 4) {
                out.kind = outline.rip_relative ? Kind::rip_indirect_jump : Kind::indirect_jump;
                out.displacement = outline.memory_displacement;
            }
            if (outline.group() == 6) out.writes = register_bit(kRsp);
            break;
        default:  // shifts and rotations
            out.writes = operand_rm(outline, byte_sized);
            break;
    }
}

void decode_move(const InstructionOutline& outline, Instruction& out) {
    const bool byte_sized = (outline.opcode & 1U) == 0;
    out.keeps_flags = true;
    switch (outline.opcode) {
        case 0x88:
        case 0x89:
        case 0xC6:
        case 0xC7:
            // The other members of the groups are transactional memory's.
            if (outline.opcode >= 0xC6 && outline.group() != 0)
                out.keeps_flags = false;
            else
                out.writes = operand_rm(outline, byte_sized);
            break;
        case 0x8A:
        case 0x8B:
            out.writes = operand_register(outline, byte_sized);
            break;
        default:  // lea, movsxd
            out.writes = operand_register(outline, false);
            break;
    }
}

void decode_one_byte(const InstructionOutline& outline, Instruction& out) {
    const std::uint8_t opcode = outline.opcode;
    if (opcode < 0x40) return decode_arithmetic(outline, out);
    if (opcode >= 0x50 && opcode <= 0x57) {
        out.kind = Kind::push_register;
        out.reg = static_cast<std::uint8_t>(outline.opcode_register());
        out.writes = register_bit(kRsp);
        out.keeps_flags = true;
        return;
    }
    if (opcode >= 0x58 && opcode <= 0x5F) {
        out.writes = register_bit(kRsp) | register_bit(outline.opcode_register());
        out.keeps_flags = true;
        return;
    }
    if (opcode >= 0x70 && opcode <= 0x7F) {
        out.kind = Kind::conditional_jump;
        out.condition = opcode & 0xFU;
        out.displacement = outline.immediate;
        out.writes = 0;
        out.keeps_flags = true;
        return;
    }
    if (opcode >= 0xB0 && opcode <= 0xBF) {
        const unsigned reg = outline.opcode_register();
        out.writes = register_bit(opcode < 0xB8 ? byte_register(outline, reg) : reg);
        out.keeps_flags = true;
        return;
    }
    switch (opcode) {
        case 0x63:
        case 0x88:
        case 0x89:
        case 0x8A:
        case 0x8B:
        case 0x8D:
        case 0xC6:
        case 0xC7:
            return decode_move(outline, out);
        case 0x68:
        case 0x6A:
            out.writes = register_bit(kRsp);
            break;
        case 0x69:
        case 0x6B:
            out.writes = operand_register(outline, false);
            break;
        case 0x80:
        case 0x81:
        case 0x83:
        case 0xC0:
        case 0xC1:
        case 0xD0:
        case 0xD1:
        case 0xD2:
        case 0xD3:
        case 0xF6:
        case 0xF7:
        case 0xFE:
        case 0xFF:
            return decode_groups(outline, out);
        case 0x84:
        case 0x85:
            out.writes = 0;
            out.compares_rdi_with_zero = opcode == 0x85 && outline.wide() && outline.mod() == 3 &&
                                         outline.reg() == kRdi && outline.rm() == kRdi;
            break;
        case 0x86:
        case 0x87:
            out.writes =
                operand_register(outline, opcode == 0x86) | operand_rm(outline, opcode == 0x86);
            break;
        case 0x90:
            // With REX.B it exchanges registers, with a repeat prefix it is a pause.
            if ((outline.rex & 1U) != 0 || outline.repeat_prefix != 0) break;
            out.kind = Kind::nop;
            out.writes = 0;
            out.keeps_flags = true;
            break;
        case 0x98:
            out.writes = register_bit(kRax);
            break;
        case 0x99:
            out.writes = register_bit(kRdx);
            break;
        case 0xA8:
        case 0xA9:
            out.writes = 0;
            break;
        case 0xC2:
        case 0xC3:
            out.kind = Kind::ret;
            break;
        case 0xE8:
            out.kind = Kind::call;
            out.displacement = outline.immediate;
            break;
        case 0xE9:
        case 0xEB:
            out.kind = Kind::jump;
            out.displacement = outline.immediate;
            out.writes = 0;
            out.keeps_flags = true;
            break;
        default:
            break;
    }
}

// Moves, arithmetic and comparisons of vector registers, which write no general register.
bool is_vector_only(const InstructionOutline& outline) {
    const std::uint8_t opcode = outline.opcode;
    if (opcode >= 0x10 && opcode <= 0x17) return true;
    if (opcode == 0x28 || opcode == 0x29 || opcode == 0x2A || opcode == 0x2B) return true;
    if (opcode == 0x2E || opcode == 0x2F) return true;
    if (opcode == 0x7E) return outline.repeat_prefix == 0xF3;  // otherwise it may write a register
    return opcode >= 0x51 && opcode <= 0x7F && opcode != 0x77;
}

// Hints and bit tests, which write nothing.
bool is_two_byte_reader(const InstructionOutline& outline) {
    const std::uint8_t opcode = outline.opcode;
    return opcode == 0x0D || opcode == 0x18 || opcode == 0xA3 ||
           (opcode == 0xBA && outline.group() == 4);
}

// cmov, movzx, movsx; imul, bsf and bsr, which change the flags too.
bool is_two_byte_move(std::uint8_t opcode) {
    return (opcode >= 0x40 && opcode <= 0x4F) || opcode == 0xB6 || opcode == 0xB7 ||
           opcode == 0xBE || opcode == 0xBF;
}
bool is_two_byte_arithmetic(std::uint8_t opcode) {
    return opcode == 0xAF || opcode == 0xBC || opcode == 0xBD;
}

void decode_two_byte(const InstructionOutline& outline, Instruction& out) {
    const std::uint8_t opcode = outline.opcode;
    const bool is_endbr64 =
        opcode == 0x1E && outline.repeat_prefix == 0xF3 && outline.modrm == 0xFA;
    if (opcode >= 0x80 && opcode <= 0x8F) {
        out.kind = Kind::conditional_jump;
        out.condition = opcode & 0xFU;
        out.displacement = outline.immediate;
        out.writes = 0;
        out.keeps_flags = true;
    } else if (is_endbr64 || opcode == 0x1F) {
        out.kind = is_endbr64 ? Kind::endbr64 : Kind::nop;
        out.writes = 0;
        out.keeps_flags = true;
    } else if (is_two_byte_move(opcode) || is_two_byte_arithmetic(opcode)) {
        out.writes = operand_register(outline, false);
        out.keeps_flags = is_two_byte_move(opcode);
    } else if (opcode >= 0x90 && opcode <= 0x9F) {
        out.writes = operand_rm(outline, true);
        out.keeps_flags = true;
    } else if (is_vector_only(outline) || is_two_byte_reader(outline)) {
        out.writes = 0;
    }
}

}  // namespace

std::optional<Instruction> decode_instruction(std::span<const std::uint8_t> code) {
    const auto outline = outline_instruction(code);
    if (!outline) return std::nullopt;
    Instruction out;
    out.length = outline->length;
    out.refuses_probes = outline->lock_prefix || outline->segment_prefix;
    if (outline->map == OpcodeMap::one_byte) decode_one_byte(*outline, out);
    if (outline->map == OpcodeMap::two_byte) decode_two_byte(*outline, out);
    const bool emulated_kind = out.kind == Kind::jump || out.kind == Kind::conditional_jump ||
                               out.kind == Kind::call ||
                               (out.kind == Kind::nop && outline->opcode == 0x90);
    if (outline->operand_prefix && emulated_kind) out.refuses_probes = true;
    return out;
}

std::string name_of(const Instruction& instruction) {
    constexpr std::array<std::string_view, 16> registers{"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
                                                         "rsi", "rdi", "r8",  "r9",  "r10", "r11",
                                                         "r12", "r13", "r14", "r15"};
    constexpr std::array<std::string_view, 16> conditions{
        "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"};
    switch (instruction.kind) {
        case Kind::push_register:
            return "push %" + std::string(registers[instruction.reg & 15U]);
        case Kind::conditional_jump:
            return "j" + std::string(conditions[instruction.condition & 15U]);
        case Kind::jump:
            return "jmp";
        case Kind::call:
            return "call";
        case Kind::nop:
            return "nop";
        default:
            return "instruction";
    }
}

}  // namespace leaklens
