// The shapes of call frame information that occur in x86-64 code, recognised one by one.
#include "agent/unwind/unwind_row.h"

#include <dwarf.h>

#include <limits>
#include <optional>

#include "agent/elf/byte_reader.h"

namespace leaklens {

namespace {

// Where rt_sigreturn's frame keeps registers, from rsp on: struct ucontext of the kernel's
// <asm/ucontext.h>, with struct sigcontext_64 at 40.
constexpr std::int64_t kSignalFrameRsp = 160;
constexpr std::int64_t kSignalFrameRip = 168;
constexpr std::int64_t kSignalFrameRbp = 120;

constexpr std::uint8_t breg(std::uint64_t reg) {
    return static_cast<std::uint8_t>(DW_OP_breg0 + reg);
}

template <typename T>
bool fits(std::int64_t value) {
    return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

// The offset of an expression that is one register plus an offset, and nothing else.
std::optional<std::int64_t> register_plus(ByteReader reader, std::uint64_t reg) {
    if (reader.u8() != breg(reg)) return std::nullopt;
    const std::int64_t offset = reader.sleb();
    if (!reader.ok() || !reader.at_end()) return std::nullopt;
    return offset;
}

// The offset of "load from one register plus an offset".
std::optional<std::int64_t> load_register_plus(ByteReader reader, std::uint64_t reg) {
    if (reader.u8() != breg(reg)) return std::nullopt;
    const std::int64_t offset = reader.sleb();
    if (reader.u8() != DW_OP_deref || !reader.ok() || !reader.at_end()) return std::nullopt;
    return offset;
}

// The threshold N of a linker's procedure linkage table:
// rsp + 8 + (((rip & 15) >= N) << 3).
std::optional<std::uint8_t> plt_threshold(ByteReader reader) {
    const bool begins = reader.u8() == breg(kDwarfRsp) && reader.sleb() == 8 &&
                        reader.u8() == breg(kDwarfReturnAddress) && reader.sleb() == 0 &&
                        reader.u8() == DW_OP_lit15 && reader.u8() == DW_OP_and;
    const std::uint8_t literal = reader.u8();
    const bool ends = reader.u8() == DW_OP_ge && reader.u8() == DW_OP_lit3 &&
                      reader.u8() == DW_OP_shl && reader.u8() == DW_OP_plus;
    if (!begins || !ends || !reader.ok() || !reader.at_end()) return std::nullopt;
    if (literal < DW_OP_lit0 || literal > DW_OP_lit15) return std::nullopt;
    return static_cast<std::uint8_t>(literal - DW_OP_lit0);
}

bool is_at_rsp(const RegisterRule& rule, std::int64_t offset) {
    return rule.kind == RegisterRule::Kind::at_expression &&
           register_plus(ByteReader(rule.expression), kDwarfRsp) == offset;
}

RowOutcome signal_row(const FrameRules& rules) {
    const bool is_kernel_frame =
        rules.cfa.kind == CfaRule::Kind::expression &&
        load_register_plus(ByteReader(rules.cfa.expression), kDwarfRsp) == kSignalFrameRsp &&
        is_at_rsp(rules.return_address, kSignalFrameRip) && is_at_rsp(rules.rbp, kSignalFrameRbp);
    if (!is_kernel_frame) return {};
    return {{.pc = 0, .cfa_offset = 0, .rbp_offset = 0, .cfa_rule = LL_CFA_SIGNAL, .rbp_rule = 0},
            true};
}

bool set_cfa(ll_unwind_row& row, const CfaRule& cfa) {
    if (cfa.kind == CfaRule::Kind::register_offset) {
        if (!fits<ll_s32>(cfa.offset)) return false;
        if (cfa.reg != kDwarfRsp && cfa.reg != kDwarfRbp) return false;
        row.cfa_rule = cfa.reg == kDwarfRsp ? LL_CFA_RSP : LL_CFA_RBP;
        row.cfa_offset = static_cast<ll_s32>(cfa.offset);
        return true;
    }
    if (cfa.kind != CfaRule::Kind::expression) return false;
    const ByteReader expression(cfa.expression);
    if (const auto threshold = plt_threshold(expression)) {
        row.cfa_rule = LL_CFA_PLT;
        row.cfa_offset = *threshold;
        return true;
    }
    const auto offset = load_register_plus(expression, kDwarfRbp);
    if (!offset || !fits<ll_s32>(*offset)) return false;
    row.cfa_rule = LL_CFA_RBP_DEREF;
    row.cfa_offset = static_cast<ll_s32>(*offset);
    return true;
}

// False where the rule exists but a row cannot say it; the frame is followed all the same, and
// only a caller that needs rbp is lost.
bool set_rbp(ll_unwind_row& row, const RegisterRule& rbp) {
    row.rbp_rule = LL_RBP_LOST;
    switch (rbp.kind) {
        case RegisterRule::Kind::same:
            row.rbp_rule = LL_RBP_SAME;
            return true;
        case RegisterRule::Kind::undefined:
            return true;
        case RegisterRule::Kind::at_cfa_offset:
            if (!fits<ll_s16>(rbp.offset)) return false;
            row.rbp_rule = LL_RBP_AT_CFA;
            row.rbp_offset = static_cast<ll_s16>(rbp.offset);
            return true;
        case RegisterRule::Kind::at_expression: {
            const auto offset = register_plus(ByteReader(rbp.expression), kDwarfRbp);
            if (!offset || !fits<ll_s16>(*offset)) return false;
            row.rbp_rule = LL_RBP_AT_RBP;
            row.rbp_offset = static_cast<ll_s16>(*offset);
            return true;
        }
        default:
            return false;
    }
}

}  // namespace

RowOutcome make_unwind_row(const FrameRules& rules, bool signal_frame) {
    RowOutcome outcome;
    if (rules.return_address.kind == RegisterRule::Kind::undefined) {
        outcome.row.cfa_rule = LL_CFA_END;
        outcome.supported = true;
        return outcome;
    }
    if (signal_frame) return signal_row(rules);
    if (rules.return_address.kind != RegisterRule::Kind::at_cfa_offset ||
        rules.return_address.offset != -8) {
        return outcome;
    }
    ll_unwind_row row{};
    if (!set_cfa(row, rules.cfa)) return outcome;
    outcome.supported = set_rbp(row, rules.rbp);
    outcome.row = row;
    return outcome;
}

}  // namespace leaklens
