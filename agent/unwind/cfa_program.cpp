#include "agent/unwind/cfa_program.h"

#include <dwarf.h>

#include <limits>

#include "agent/unwind/encoded_pointer.h"

namespace leaklens {

namespace {

// Compilers nest one or two states; a longer stack is a file that wants our memory.
constexpr std::size_t kMaxRememberedStates = 64;

}  // namespace

CfaProgram::CfaProgram(const CfaContext& context, std::span<const std::uint8_t> instructions,
                       std::uint64_t address, std::uint64_t start)
    : context_(context),
      reader_(instructions),
      address_(address),
      location_(start),
      rules_(context.initial) {}

CfaProgram::Step CfaProgram::next() {
    while (!reader_.at_end()) {
        const Outcome outcome = execute();
        if (outcome == Outcome::malformed || !reader_.ok()) return Step::malformed;
        if (outcome == Outcome::moved) return Step::advanced;
    }
    return reader_.ok() ? Step::ended : Step::malformed;
}

CfaProgram::Outcome CfaProgram::execute() {
    const std::uint8_t opcode = reader_.u8();
    const std::uint8_t operand = opcode & 0x3FU;
    switch (opcode & 0xC0U) {
        case DW_CFA_advance_loc:
            return move_by(operand);
        case DW_CFA_offset:
            return set_rule(operand, RegisterRule::Kind::at_cfa_offset, factored_uleb());
        case DW_CFA_restore:
            return restore(operand);
        default:
            return execute_extended(opcode);
    }
}

CfaProgram::Outcome CfaProgram::execute_extended(std::uint8_t opcode) {
    using Kind = RegisterRule::Kind;
    const auto block = [this] { return reader_.bytes(reader_.uleb()); };
    switch (opcode) {
        case DW_CFA_nop:
            return Outcome::done;
        case DW_CFA_set_loc: {
            const auto location =
                read_encoded_pointer(reader_, context_.pointer_encoding, address_, std::nullopt);
            return location ? move_to(*location) : Outcome::malformed;
        }
        case DW_CFA_advance_loc1:
            return move_by(reader_.u8());
        case DW_CFA_advance_loc2:
            return move_by(reader_.u16());
        case DW_CFA_advance_loc4:
            return move_by(reader_.u32());
        case DW_CFA_MIPS_advance_loc8:
            return move_by(reader_.u64());

        case DW_CFA_def_cfa: {
            const std::uint64_t reg = reader_.uleb();
            return define_cfa(reg, static_cast<std::int64_t>(reader_.uleb()));
        }
        case DW_CFA_def_cfa_sf: {
            const std::uint64_t reg = reader_.uleb();
            return define_cfa(reg, factored_sleb());
        }
        case DW_CFA_def_cfa_register:
            return define_cfa(reader_.uleb(), rules_.cfa.offset);
        case DW_CFA_def_cfa_offset:
            return define_cfa(rules_.cfa.reg, static_cast<std::int64_t>(reader_.uleb()));
        case DW_CFA_def_cfa_offset_sf:
            return define_cfa(rules_.cfa.reg, factored_sleb());
        case DW_CFA_def_cfa_expression:
            rules_.cfa.kind = CfaRule::Kind::expression;
            rules_.cfa.expression = block();
            return Outcome::done;

        case DW_CFA_offset_extended: {
            const std::uint64_t reg = reader_.uleb();
            return set_rule(reg, Kind::at_cfa_offset, factored_uleb());
        }
        case DW_CFA_offset_extended_sf: {
            const std::uint64_t reg = reader_.uleb();
            return set_rule(reg, Kind::at_cfa_offset, factored_sleb());
        }
        case DW_CFA_GNU_negative_offset_extended: {
            const std::uint64_t reg = reader_.uleb();
            const std::int64_t offset = factored_uleb();
            if (offset == std::numeric_limits<std::int64_t>::min()) return Outcome::malformed;
            return set_rule(reg, Kind::at_cfa_offset, -offset);
        }
        case DW_CFA_val_offset: {
            const std::uint64_t reg = reader_.uleb();
            return set_rule(reg, Kind::value_cfa_offset, factored_uleb());
        }
        case DW_CFA_val_offset_sf: {
            const std::uint64_t reg = reader_.uleb();
            return set_rule(reg, Kind::value_cfa_offset, factored_sleb());
        }
        case DW_CFA_register: {
            const std::uint64_t reg = reader_.uleb();
            reader_.uleb();
            return set_rule(reg, Kind::in_register);
        }
        case DW_CFA_expression: {
            const std::uint64_t reg = reader_.uleb();
            return set_rule(reg, Kind::at_expression, 0, block());
        }
        case DW_CFA_val_expression: {
            const std::uint64_t reg = reader_.uleb();
            return set_rule(reg, Kind::value_expression, 0, block());
        }
        case DW_CFA_undefined:
            return set_rule(reader_.uleb(), Kind::undefined);
        case DW_CFA_same_value:
            return set_rule(reader_.uleb(), Kind::same);
        case DW_CFA_restore_extended:
            return restore(reader_.uleb());

        case DW_CFA_remember_state:
            if (remembered_.size() == kMaxRememberedStates) return Outcome::malformed;
            remembered_.push_back(rules_);
            return Outcome::done;
        case DW_CFA_restore_state:
            return restore_state();
        case DW_CFA_GNU_args_size:
            reader_.uleb();
            return Outcome::done;
        default:
            return Outcome::malformed;
    }
}

CfaProgram::Outcome CfaProgram::move_to(std::uint64_t location) {
    if (location < location_) return Outcome::malformed;
    location_ = location;
    return Outcome::moved;
}

CfaProgram::Outcome CfaProgram::move_by(std::uint64_t delta) {
    std::uint64_t bytes = 0;
    std::uint64_t location = 0;
    if (__builtin_mul_overflow(delta, context_.code_alignment, &bytes) ||
        __builtin_add_overflow(location_, bytes, &location)) {
        return Outcome::malformed;
    }
    return move_to(location);
}

CfaProgram::Outcome CfaProgram::restore_state() {
    if (remembered_.empty()) return Outcome::malformed;
    rules_ = remembered_.back();
    remembered_.pop_back();
    return Outcome::done;
}

CfaProgram::Outcome CfaProgram::define_cfa(std::uint64_t reg, std::int64_t offset) {
    rules_.cfa = {CfaRule::Kind::register_offset, reg, offset, {}};
    return Outcome::done;
}

std::int64_t CfaProgram::factored_uleb() {
    return factored(static_cast<std::int64_t>(reader_.uleb()));
}

std::int64_t CfaProgram::factored_sleb() {
    return factored(reader_.sleb());
}

std::int64_t CfaProgram::factored(std::int64_t value) {
    std::int64_t offset = 0;
    if (__builtin_mul_overflow(value, context_.data_alignment, &offset)) reader_.fail();
    return offset;
}

CfaProgram::Outcome CfaProgram::set_rule(std::uint64_t reg, RegisterRule::Kind kind,
                                         std::int64_t offset,
                                         std::span<const std::uint8_t> expression) {
    if (RegisterRule* rule = rule_of(reg)) *rule = {kind, offset, expression};
    return Outcome::done;
}

CfaProgram::Outcome CfaProgram::restore(std::uint64_t reg) {
    if (reg == kDwarfRbp) rules_.rbp = context_.initial.rbp;
    if (reg == kDwarfReturnAddress) rules_.return_address = context_.initial.return_address;
    return Outcome::done;
}

RegisterRule* CfaProgram::rule_of(std::uint64_t reg) {
    if (reg == kDwarfRbp) return &rules_.rbp;
    if (reg == kDwarfReturnAddress) return &rules_.return_address;
    return nullptr;
}

}  // namespace leaklens
