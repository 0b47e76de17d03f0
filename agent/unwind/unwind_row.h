// Turns the rules of one range of addresses into the row that the kernel follows.
#pragma once

#include "agent/unwind/cfa_program.h"
#include "bpf/shared.h"

namespace leaklens {

struct RowOutcome {
    ll_unwind_row row{};     // its pc is 0
    bool supported = false;  // false: the rules mean something that a row cannot say
};

// `signal_frame` is the CIE's augmentation 'S'.
RowOutcome make_unwind_row(const FrameRules& rules, bool signal_frame);

}  // namespace leaklens
