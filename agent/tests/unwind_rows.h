// Unwind rows in tests: of a file, of a section made by hand, at an address, as text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/tests/eh_frame_builder.h"
#include "agent/unwind/unwind_table.h"

namespace leaklens::test {

inline constexpr std::size_t kMaxRows = 4U << 20;

// Fails the test where the file cannot be read.
UnwindTable table_of(const std::string& path);

// The row that holds at a pc; rule LL_CFA_NONE before the first.
ll_unwind_row row_at(const UnwindTable& table, std::uint64_t pc);

// "4 rsp16 at-cfa-16": pc, CFA rule with offset, rbp rule with offset unless rbp is unchanged.
std::string describe(const ll_unwind_row& row);

// The image that sections made by hand describe: 64 KiB of code from here.
inline constexpr std::uint64_t kImageBase = 0x400000;
inline constexpr std::uint64_t kCodeSize = 0x10000;

Result<UnwindTable> build(const EhFrameBuilder& section, std::size_t max_rows = kMaxRows);

// The rows of a section as text, and a check of how many were not supported.
std::vector<std::string> lines_of(const EhFrameBuilder& section,
                                  std::uint32_t expected_unsupported = 0);

// Rows of one function of 100 bytes at pc 0 with these instructions.
std::vector<std::string> rows_of(const CfaBytes& instructions,
                                 std::uint32_t expected_unsupported = 0, const CieFields& cie = {});

}  // namespace leaklens::test
