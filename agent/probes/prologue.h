// Where in a function a probe costs least and still sees every call: chosen from the function's
// first instructions.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "agent/probes/x86_instruction.h"

namespace leaklens {

struct Prologue {
    std::span<const std::uint8_t> code;  // from the function's first byte, at most its whole body
    RegisterMask arguments = 0;          // registers that the probe reads
    // The function does nothing when its first argument is null: such calls need not be seen.
    bool ignores_null = false;
    bool nops_are_emulated = false;  // multi-byte ones; kernels from 6.16 on
};

struct ProbePoint {
    std::uint32_t offset = 0;  // bytes from the function's start
    bool emulated = false;     // by the kernel, instead of single-stepping the instruction
    std::string reason;        // one line: which instruction, and why
};

// The first instruction that every call passes exactly once, with arguments and stack pointer as
// they were at the entry (a return probe there still finds its return address), and that the
// kernel's uprobes emulate. Where there is none, the first instruction that can be probed at all.
ProbePoint choose_probe_point(const Prologue& prologue);

}  // namespace leaklens
