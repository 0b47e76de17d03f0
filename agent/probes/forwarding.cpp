#include "agent/probes/forwarding.h"

#include "agent/probes/x86_instruction.h"

namespace leaklens {

namespace {

using Kind = Instruction::Kind;

// What forwards is short: a product, a check, a jump.
constexpr std::size_t kMaxBody = 256;

// A call or jump that comes before any decision.
std::optional<Forwarding> forwards_at_once(std::span<const std::uint8_t> code,
                                           std::uint64_t address) {
    bool keeps_first_argument = true;
    for (std::size_t offset = 0; offset < code.size();) {
        const auto instruction = decode_instruction(code.subspan(offset));
        if (!instruction) return std::nullopt;
        offset += instruction->length;
        if (instruction->kind == Kind::jump || instruction->kind == Kind::call) {
            const std::uint64_t target =
                address + offset + static_cast<std::uint64_t>(instruction->displacement);
            const bool is_tail = instruction->kind == Kind::jump;
            if (is_tail && target - address < code.size()) return std::nullopt;
            return Forwarding{target, is_tail, keeps_first_argument};
        }
        if (instruction->kind != Kind::other && instruction->kind != Kind::push_register &&
            instruction->kind != Kind::nop && instruction->kind != Kind::endbr64) {
            return std::nullopt;
        }
        if (instruction->writes == kAllRegisters) return std::nullopt;
        if ((instruction->writes & register_bit(kRdi)) != 0) keeps_first_argument = false;
    }
    return std::nullopt;
}

// Decisions, but no calls, one place that all ways out lead to, and null where they return.
std::optional<Forwarding> forwards_or_returns_null(std::span<const std::uint8_t> code,
                                                   std::uint64_t address) {
    std::optional<std::uint64_t> target;
    bool keeps_first_argument = true;
    bool result_is_null = false;
    for (std::size_t offset = 0; offset < code.size();) {
        const auto instruction = decode_instruction(code.subspan(offset));
        if (!instruction) return std::nullopt;
        offset += instruction->length;
        switch (instruction->kind) {
            case Kind::jump:
            case Kind::conditional_jump: {
                const std::uint64_t there =
                    address + offset + static_cast<std::uint64_t>(instruction->displacement);
                if (there - address < code.size()) break;
                if (target && *target != there) return std::nullopt;
                target = there;
                break;
            }
            case Kind::ret:
                if (!result_is_null) return std::nullopt;
                break;
            case Kind::call:
            case Kind::indirect_call:
            case Kind::indirect_jump:
            case Kind::rip_indirect_jump:
                return std::nullopt;
            default:
                if ((instruction->writes & register_bit(kRdi)) != 0) keeps_first_argument = false;
                break;
        }
        result_is_null = instruction->zeroes_eax;
    }
    if (!target) return std::nullopt;
    return Forwarding{*target, true, keeps_first_argument};
}

}  // namespace

std::optional<Forwarding> find_forwarding(std::span<const std::uint8_t> code,
                                          std::uint64_t address) {
    if (auto forwarding = forwards_at_once(code, address)) return forwarding;
    if (code.size() > kMaxBody) return std::nullopt;
    return forwards_or_returns_null(code, address);
}

}  // namespace leaklens
