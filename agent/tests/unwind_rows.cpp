#include "agent/tests/unwind_rows.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "agent/tests/elf_files.h"

namespace leaklens::test {

UnwindTable table_of(const std::string& path) {
    const Fd file = open_file(path);
    const auto image = ElfImage::open(file.get());
    REQUIRE_MESSAGE(image.ok(), path);
    auto table = build_unwind_table(*image, kMaxRows);
    REQUIRE_MESSAGE(table.ok(), path);
    return std::move(table).value();
}

ll_unwind_row row_at(const UnwindTable& table, std::uint64_t pc) {
    const auto after = std::ranges::upper_bound(table.rows, pc, {}, &ll_unwind_row::pc);
    return after == table.rows.begin() ? ll_unwind_row{} : *(after - 1);
}

std::string describe(const ll_unwind_row& row) {
    constexpr const char* cfa[] = {"none", "rsp", "rbp", "rbp-deref", "plt", "signal", "end"};
    constexpr const char* rbp[] = {"same", "at-cfa", "at-rbp", "lost"};
    std::string text = std::to_string(row.pc) + " " + cfa[row.cfa_rule];
    if (row.cfa_offset != 0) text += std::to_string(row.cfa_offset);
    if (row.rbp_rule != LL_RBP_SAME) text += std::string(" ") + rbp[row.rbp_rule];
    if (row.rbp_offset != 0) text += std::to_string(row.rbp_offset);
    return text;
}

Result<UnwindTable> build(const EhFrameBuilder& section, std::size_t max_rows) {
    return build_unwind_table({section.bytes(), EhFrameBuilder::kAddress}, kImageBase, kImageBase,
                              kImageBase + kCodeSize, max_rows);
}

std::vector<std::string> lines_of(const EhFrameBuilder& section,
                                  std::uint32_t expected_unsupported) {
    const auto table = build(section);
    REQUIRE(table.ok());
    CHECK(table->unsupported == expected_unsupported);
    std::vector<std::string> lines;
    for (const ll_unwind_row& row : table->rows)
        lines.push_back(describe(row));
    return lines;
}

std::vector<std::string> rows_of(const CfaBytes& instructions, std::uint32_t expected_unsupported,
                                 const CieFields& cie) {
    EhFrameBuilder section;
    section.add_fde(section.add_cie(cie), kImageBase, 100, instructions);
    return lines_of(section, expected_unsupported);
}

}  // namespace leaklens::test
