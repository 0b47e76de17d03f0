// Interpreter of DWARF call frame instructions (DWARF 5, section 6.4.2), for the three rules that
// the kernel's unwinder follows: the canonical frame address, the caller's rbp, and the return
// address. Rules of other registers are read and dropped.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/elf/byte_reader.h"

namespace leaklens {

// Register numbers of the x86-64 psABI, figure 3.36.
inline constexpr std::uint64_t kDwarfRbp = 6;
inline constexpr std::uint64_t kDwarfRsp = 7;
inline constexpr std::uint64_t kDwarfReturnAddress = 16;

struct CfaRule {
    enum class Kind : std::uint8_t { undefined, register_offset, expression };
    Kind kind = Kind::undefined;
    std::uint64_t reg = 0;
    std::int64_t offset = 0;
    std::span<const std::uint8_t> expression;
};

struct RegisterRule {
    enum class Kind : std::uint8_t {
        same,              // also where nothing was said
        undefined,         // not recoverable; of the return address: the outermost frame
        at_cfa_offset,     // *(CFA + offset)
        value_cfa_offset,  // CFA + offset
        in_register,
        at_expression,  // *expression
        value_expression,
    };
    Kind kind = Kind::same;
    std::int64_t offset = 0;
    std::span<const std::uint8_t> expression;
};

struct FrameRules {
    CfaRule cfa;
    RegisterRule rbp;
    RegisterRule return_address;
};

// What a CIE says for all of its FDEs.
struct CfaContext {
    std::uint64_t code_alignment = 1;
    std::int64_t data_alignment = 1;
    std::uint8_t pointer_encoding = 0;
    FrameRules initial;  // after the CIE's own instructions
};

// Steps through one program, one range of addresses at a time.
class CfaProgram {
  public:
    enum class Step : std::uint8_t {
        advanced,  // rules() hold from where the step before led up to location()
        ended,     // rules() hold from there to the end of the function
        malformed,
    };

    // `address` is the virtual address of the first instruction byte, `start` that of the function.
    // The context and the bytes must outlive the program.
    CfaProgram(const CfaContext& context, std::span<const std::uint8_t> instructions,
               std::uint64_t address, std::uint64_t start);

    // Runs up to and including the next change of the location.
    Step next();
    [[nodiscard]] const FrameRules& rules() const { return rules_; }
    [[nodiscard]] std::uint64_t location() const { return location_; }

  private:
    enum class Outcome : std::uint8_t { done, moved, malformed };

    Outcome execute();
    Outcome execute_extended(std::uint8_t opcode);
    Outcome move_to(std::uint64_t location);
    Outcome move_by(std::uint64_t delta);
    Outcome restore_state();
    Outcome define_cfa(std::uint64_t reg, std::int64_t offset);
    // Reads an offset (unsigned, then signed LEB128) and applies the data alignment.
    std::int64_t factored_uleb();
    std::int64_t factored_sleb();
    std::int64_t factored(std::int64_t value);
    Outcome set_rule(std::uint64_t reg, RegisterRule::Kind kind, std::int64_t offset = 0,
                     std::span<const std::uint8_t> expression = {});
    Outcome restore(std::uint64_t reg);
    // Where the rule of a register is kept; null for registers that are of no interest.
    RegisterRule* rule_of(std::uint64_t reg);

    const CfaContext& context_;
    ByteReader reader_;
    std::uint64_t address_;
    std::uint64_t location_;
    FrameRules rules_;
    std::vector<FrameRules> remembered_;
};

}  // namespace leaklens
