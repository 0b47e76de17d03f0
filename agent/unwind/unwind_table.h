// Unwind rows of one ELF file: .eh_frame turned into what bpf/unwind.h searches.
#pragma once

#include <cstdint>
#include <vector>

#include "agent/elf/elf_image.h"
#include "agent/result.h"
#include "agent/unwind/eh_frame.h"
#include "bpf/shared.h"

namespace leaklens {

struct UnwindTable {
    // Sorted by pc (relative to ElfImage::image_base()), without two rows of one pc, and without
    // two neighbours that say the same. Gaps between functions are rows of rule LL_CFA_NONE, but
    // for the padding that aligns the next function: nothing executes there.
    std::vector<ll_unwind_row> rows;
    // Rows whose rules the kernel cannot follow (they became LL_CFA_NONE, or LL_RBP_LOST where
    // only rbp is out of reach), and descriptions that could not be read, for the log.
    std::uint32_t unsupported = 0;
};

// Builds the table from .eh_frame (by section, or through PT_GNU_EH_FRAME where the section
// headers are stripped). A file without any is an empty table, not an error. Never more than
// `max_rows` rows: beyond that an error of kind unsupported.
Result<UnwindTable> build_unwind_table(const ElfImage& image, std::size_t max_rows);

// The same from a section's bytes. Rows count from `image_base`; functions outside of the virtual
// addresses from `code_begin` to `code_end` are left out. Where functions overlap, the one that
// begins first keeps its range, and among those that begin together, the first in the section.
Result<UnwindTable> build_unwind_table(const EhFrameBytes& section, std::uint64_t image_base,
                                       std::uint64_t code_begin, std::uint64_t code_end,
                                       std::size_t max_rows);

}  // namespace leaklens
