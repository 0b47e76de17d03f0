// The allocator's functions by name: what is looked for in a module.
#pragma once

#include <span>
#include <string_view>

#include "agent/probes/probe_plan.h"
#include "agent/probes/x86_instruction.h"

namespace leaklens {

struct AllocatorFunction {
    std::string_view name;  // as in the symbol table
    AllocatorShape shape;
    bool is_operator;  // operator new or delete
};

// C functions first, so that they name an address that has several names.
std::span<const AllocatorFunction> allocator_functions();

// Argument registers that the kernel reads of a shape (psABI, section 3.2.3).
RegisterMask argument_registers(AllocatorShape shape);

}  // namespace leaklens
