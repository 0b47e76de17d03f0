// Everything that the agent does with a file of the target, in one call: for the fuzzer, and for
// the test that mutates real files.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "agent/elf/dynamic_section.h"
#include "agent/elf/elf_image.h"
#include "agent/elf/linkage_table.h"
#include "agent/probes/probe_plan.h"
#include "agent/unwind/unwind_table.h"

namespace leaklens::fuzz {

// Ends the process, and so the fuzzer's or the test's run, where a promise is broken.
inline void require(bool condition) {
    if (!condition) __builtin_trap();
}

// What bpf/unwind.h relies on.
inline void check_rows(const UnwindTable& table, std::size_t max_rows) {
    require(table.rows.size() <= max_rows);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const ll_unwind_row& row = table.rows[i];
        require(i == 0 || table.rows[i - 1].pc < row.pc);
        require(row.cfa_rule <= LL_CFA_END && row.rbp_rule <= LL_RBP_LOST);
    }
}

// Returns false where the file was refused as a whole.
inline bool exercise_elf(int fd) {
    const auto image = ElfImage::open(fd);
    if (!image.ok()) return false;
    for (const Section& section : image->sections()) {
        const auto bytes = image->read(section, 1U << 16);
        if (bytes.ok()) require(bytes->size() == section.size || bytes->empty());
    }
    require(image->build_id().size() % 2 == 0);
    if (const auto link = image->debug_link()) {
        require(!link->file_name.empty() && link->file_name.find('/') == std::string::npos);
    }
    const DynamicSection dynamic = read_dynamic_section(*image);
    const LinkageTable linkage(*image);
    const auto name = linkage.function_at(dynamic.plt_relocations_address);
    require(!name || name->size() < (1U << 16));
    const std::uint64_t base = image->image_base();
    for (const LoadSegment& segment : image->load_segments()) {
        require(segment.vaddr >= base);
        const auto offset = image->file_offset(segment.vaddr);
        require(!offset || image->read_file(*offset, 1).ok());
        require(segment.file_size == 0 || image->virtual_address(segment.offset).has_value());
    }
    constexpr std::size_t max_rows = 1U << 16;
    const auto table = build_unwind_table(*image, max_rows);
    if (table.ok()) check_rows(*table, max_rows);
    const ProbePlan plan = plan_probes(*image, "/usr/lib/libc.so.6", true);
    for (const PlannedProbe& probe : plan.probes) {
        const auto address = image->virtual_address(probe.file_offset);
        require(address.has_value() && image->read_file(probe.file_offset, 1).ok());
    }
    return true;
}

}  // namespace leaklens::fuzz
