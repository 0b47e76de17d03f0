#include "agent/probes/prologue.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace leaklens {

namespace {

using Kind = Instruction::Kind;

// Arguments do not survive longer than this in optimised code.
constexpr std::size_t kMaxPrologue = 128;

struct Candidate {
    std::uint32_t offset = 0;
    Instruction instruction;
    bool emulated = false;
    bool behind_null_branch = false;
};

// Multi-byte nops as the kernel knows them: x86_nops in arch/x86/include/asm/nops.h.
bool is_canonical_nop(std::span<const std::uint8_t> bytes) {
    static constexpr std::uint8_t longest[] = {0x66, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0};
    switch (bytes.size()) {
        case 3:
            return bytes[0] == 0x0F && bytes[1] == 0x1F && bytes[2] == 0x00;
        case 4:
            return bytes[0] == 0x0F && bytes[1] == 0x1F && bytes[2] == 0x40 && bytes[3] == 0;
        case 5:
            return bytes[2] == 0x44 && bytes[0] == 0x0F && bytes[3] == 0 && bytes[4] == 0;
        case 8:
            return std::equal(bytes.begin(), bytes.end(), longest + 1);
        default:
            return false;
    }
}

// What branch_setup_xol_ops() and push_setup_xol_ops() in arch/x86/kernel/uprobes.c accept.
bool is_emulated(const Instruction& instruction, std::span<const std::uint8_t> bytes,
                 bool nops_are_emulated) {
    switch (instruction.kind) {
        case Kind::push_register:
            return bytes.size() == 1 || (bytes.size() == 2 && bytes[0] == 0x41);
        case Kind::nop:
            return bytes.size() == 1 || (nops_are_emulated && is_canonical_nop(bytes));
        case Kind::jump:
            return bytes[0] == 0xEB || bytes[0] == 0xE9;
        case Kind::call:
            return bytes[0] == 0xE8;
        case Kind::conditional_jump:
            return (bytes[0] & 0xF0U) == 0x70 || bytes[0] == 0x0F;
        default:
            return false;
    }
}

// The instructions that every call passes, up to the first that loses something of the entry's
// state or that is not passed always.
std::vector<Candidate> straight_path(const Prologue& prologue) {
    const RegisterMask needed = prologue.arguments | register_bit(kRsp);
    const auto code = prologue.code.first(std::min(prologue.code.size(), kMaxPrologue));
    std::vector<Candidate> path;
    bool flags_say_null = false;
    bool behind_null_branch = false;
    for (std::size_t offset = 0; offset < code.size();) {
        const auto instruction = decode_instruction(code.subspan(offset));
        if (!instruction) break;
        const auto bytes = code.subspan(offset, instruction->length);
        if (instruction->kind != Kind::endbr64 && !instruction->refuses_probes) {
            path.push_back(
                {.offset = static_cast<std::uint32_t>(offset),
                 .instruction = *instruction,
                 .emulated = is_emulated(*instruction, bytes, prologue.nops_are_emulated),
                 .behind_null_branch = behind_null_branch});
        }
        if (instruction->compares_rdi_with_zero) {
            flags_say_null = true;
        } else if (!instruction->keeps_flags) {
            flags_say_null = false;
        }
        const bool is_null_branch = prologue.ignores_null && flags_say_null &&
                                    instruction->kind == Kind::conditional_jump &&
                                    instruction->condition == kConditionEqual;
        if (is_null_branch) {
            behind_null_branch = true;
        } else if (instruction->kind == Kind::jump || instruction->kind == Kind::conditional_jump) {
            break;
        }
        if ((instruction->writes & needed) != 0) break;
        offset += instruction->length;
    }
    return path;
}

// The lowest offset behind the function's first byte that a jump of the body leads to: from there
// on, an instruction may be passed more than once in a call, or by some calls only. A body that
// stops being code is followed up to there.
std::size_t first_jump_target(std::span<const std::uint8_t> code) {
    std::size_t lowest = code.size();
    for (std::size_t offset = 0; offset < code.size();) {
        const auto instruction = decode_instruction(code.subspan(offset));
        if (!instruction) break;
        offset += instruction->length;
        if (instruction->kind != Kind::jump && instruction->kind != Kind::conditional_jump) {
            continue;
        }
        const std::int64_t target = static_cast<std::int64_t>(offset) + instruction->displacement;
        if (target > 0) lowest = std::min(lowest, static_cast<std::size_t>(target));
    }
    return lowest;
}

std::string place(const Candidate& candidate) {
    return name_of(candidate.instruction) + " at +" + std::to_string(candidate.offset) + ": ";
}

}  // namespace

ProbePoint choose_probe_point(const Prologue& prologue) {
    const std::vector<Candidate> path = straight_path(prologue);
    const std::size_t joined = first_jump_target(prologue.code);
    const Candidate* best = nullptr;
    for (const Candidate& candidate : path) {
        if (!candidate.emulated || candidate.offset >= joined) continue;
        if (best == nullptr || (candidate.behind_null_branch && !best->behind_null_branch)) {
            best = &candidate;
        }
    }
    if (best != nullptr) {
        const std::string why = best->behind_null_branch ? "behind the free(NULL) branch"
                                : best->offset == path.front().offset
                                    ? "the first instruction"
                                    : "passed by every call, arguments still in place";
        return {best->offset, true, place(*best) + why + ", emulated by the kernel"};
    }
    if (path.empty()) return {0, false, "at +0: the code is not understood, single-stepped"};
    return {path.front().offset, false,
            place(path.front()) +
                "single-stepped, for nothing that the kernel emulates comes before the arguments "
                "change"};
}

}  // namespace leaklens
