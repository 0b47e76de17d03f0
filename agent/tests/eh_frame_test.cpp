// Call frame information made by hand: each instruction and expression, and records that lie.
#include <doctest/doctest.h>

#include <string>

#include "agent/tests/eh_frame_builder.h"
#include "agent/unwind/unwind_table.h"

namespace leaklens {
namespace {

std::string describe(const ll_unwind_row& row) {
    constexpr const char* cfa[] = {"none", "rsp", "rbp", "rbp-deref", "plt", "signal", "end"};
    constexpr const char* rbp[] = {"same", "at-cfa", "at-rbp", "lost"};
    std::string text = std::to_string(row.pc) + " " + cfa[row.cfa_rule];
    if (row.cfa_offset != 0) text += std::to_string(row.cfa_offset);
    if (row.rbp_rule != LL_RBP_SAME) text += std::string(" ") + rbp[row.rbp_rule];
    if (row.rbp_offset != 0) text += std::to_string(row.rbp_offset);
    return text;
}

using test::CfaBytes;
using test::CieFields;
using test::EhFrameBuilder;
using test::joined;
using Lines = std::vector<std::string>;

constexpr std::uint64_t kImageBase = 0x400000;
constexpr std::uint64_t kCodeSize = 0x10000;
constexpr std::size_t kMaxRows = 1000;

Result<UnwindTable> build(const EhFrameBuilder& section, std::size_t max_rows = kMaxRows) {
    return build_unwind_table({section.bytes(), EhFrameBuilder::kAddress}, kImageBase, kImageBase,
                              kImageBase + kCodeSize, max_rows);
}

Lines lines_of(const EhFrameBuilder& section, std::uint32_t expected_unsupported = 0) {
    const auto table = build(section);
    REQUIRE(table.ok());
    CHECK(table->unsupported == expected_unsupported);
    Lines lines;
    for (const ll_unwind_row& row : table->rows)
        lines.push_back(describe(row));
    return lines;
}

// Rows of one function of 100 bytes at offset 0 with these instructions.
Lines rows_of(const CfaBytes& instructions, std::uint32_t expected_unsupported = 0,
              const CieFields& cie = {}) {
    EhFrameBuilder section;
    section.add_fde(section.add_cie(cie), kImageBase, 100, instructions);
    return lines_of(section, expected_unsupported);
}

TEST_CASE("eh_frame: a function with a frame pointer") {
    CHECK(rows_of({DW_CFA_advance_loc | 1, DW_CFA_def_cfa_offset, 16, DW_CFA_offset | 6, 2,
                   DW_CFA_advance_loc | 3, DW_CFA_def_cfa_register, 6, DW_CFA_advance_loc1, 90,
                   DW_CFA_def_cfa, 7, 8}) == Lines{"0 rsp8", "1 rsp16 at-cfa-16",
                                                   "4 rbp16 at-cfa-16", "94 rsp8 at-cfa-16",
                                                   "100 none"});
}

TEST_CASE("eh_frame: every way to move on, and to define the CFA") {
    CHECK(rows_of({DW_CFA_advance_loc2,
                   2,
                   0,
                   DW_CFA_def_cfa_sf,
                   7,
                   0x7E,  // -2 * -8
                   DW_CFA_advance_loc4,
                   3,
                   0,
                   0,
                   0,
                   DW_CFA_def_cfa_offset_sf,
                   0x7D,
                   DW_CFA_MIPS_advance_loc8,
                   4,
                   0,
                   0,
                   0,
                   0,
                   0,
                   0,
                   0,
                   DW_CFA_def_cfa_offset,
                   64,
                   DW_CFA_nop,
                   DW_CFA_GNU_args_size,
                   32}) == Lines{"0 rsp8", "2 rsp16", "5 rsp24", "9 rsp64", "100 none"});
    // The factor of the code applies to every advance.
    CieFields four;
    four.code_alignment = 4;
    CHECK(rows_of({DW_CFA_advance_loc | 2, DW_CFA_def_cfa_offset, 16}, 0, four) ==
          Lines{"0 rsp8", "8 rsp16", "100 none"});
}

TEST_CASE("eh_frame: set_loc takes an address in the encoding of the CIE") {
    CieFields absolute;
    absolute.augmentation_data = {0x00};
    EhFrameBuilder section;
    const auto cie = section.add_cie(absolute);
    CfaBytes pointers;
    test::append_number(pointers, kImageBase, 8);
    test::append_number(pointers, 100, 8);
    CfaBytes instructions{DW_CFA_set_loc};
    test::append_number(instructions, kImageBase + 7, 8);
    section.add_fde_with(cie, pointers, joined({instructions, {DW_CFA_def_cfa_offset, 16}}));
    CHECK(lines_of(section) == Lines{"0 rsp8", "7 rsp16", "100 none"});
}

TEST_CASE("eh_frame: rules of rbp") {
    CHECK(rows_of({DW_CFA_offset_extended, 6, 2}) == Lines{"0 rsp8 at-cfa-16", "100 none"});
    CHECK(rows_of({DW_CFA_offset_extended_sf, 6, 3}) == Lines{"0 rsp8 at-cfa-24", "100 none"});
    CHECK(rows_of({DW_CFA_GNU_negative_offset_extended, 6, 3}) ==
          Lines{"0 rsp8 at-cfa24", "100 none"});
    CHECK(rows_of({DW_CFA_undefined, 6}) == Lines{"0 rsp8 lost", "100 none"});
    CHECK(rows_of({DW_CFA_register, 6, 3}, 1) == Lines{"0 rsp8 lost", "100 none"});
    CHECK(rows_of({DW_CFA_val_offset, 6, 2}, 1) == Lines{"0 rsp8 lost", "100 none"});
    CHECK(rows_of({DW_CFA_val_offset_sf, 6, 2}, 1) == Lines{"0 rsp8 lost", "100 none"});
    CHECK(rows_of({DW_CFA_val_expression, 6, 2, 0x76, 0}, 1) == Lines{"0 rsp8 lost", "100 none"});
    CHECK(rows_of({DW_CFA_expression, 6, 2, 0x73, 0}, 1) == Lines{"0 rsp8 lost", "100 none"});
    CHECK(rows_of({DW_CFA_offset | 6, 2, DW_CFA_advance_loc | 5, DW_CFA_same_value, 6}) ==
          Lines{"0 rsp8 at-cfa-16", "5 rsp8", "100 none"});
    CHECK(rows_of({DW_CFA_offset | 6, 2, DW_CFA_advance_loc | 5, DW_CFA_restore | 6}) ==
          Lines{"0 rsp8 at-cfa-16", "5 rsp8", "100 none"});
    CHECK(rows_of({DW_CFA_offset | 6, 2, DW_CFA_advance_loc | 5, DW_CFA_restore_extended, 6}) ==
          Lines{"0 rsp8 at-cfa-16", "5 rsp8", "100 none"});
    // 4097 * -8 does not fit into the row's 16 bits, 4096 * -8 does.
    CHECK(rows_of({DW_CFA_offset | 6, 0x81, 0x20}, 1) == Lines{"0 rsp8 lost", "100 none"});
    CHECK(rows_of({DW_CFA_offset | 6, 0x80, 0x20}) == Lines{"0 rsp8 at-cfa-32768", "100 none"});
    // Other registers are of no interest.
    CHECK(rows_of({DW_CFA_offset | 3, 2, DW_CFA_undefined, 12, DW_CFA_val_offset, 7, 0}) ==
          Lines{"0 rsp8", "100 none"});
}

TEST_CASE("eh_frame: states are remembered and restored, CFA included") {
    CHECK(rows_of({DW_CFA_remember_state, DW_CFA_advance_loc | 1, DW_CFA_def_cfa, 6, 16,
                   DW_CFA_offset | 6, 2, DW_CFA_advance_loc | 1, DW_CFA_restore_state}) ==
          Lines{"0 rsp8", "1 rbp16 at-cfa-16", "2 rsp8", "100 none"});
}

TEST_CASE("eh_frame: CFA by another register, or an expression of an unknown shape") {
    CHECK(rows_of({DW_CFA_def_cfa, 10, 0}, 1).empty());
    CHECK(rows_of({DW_CFA_advance_loc | 4, DW_CFA_def_cfa_register, 3}, 1) ==
          Lines{"0 rsp8", "4 none"});
    CHECK(rows_of({DW_CFA_def_cfa_expression, 3, 0x73, 0, DW_OP_deref}, 1).empty());
    CHECK(rows_of({DW_CFA_def_cfa_expression, 2, 0x76, 0}, 1).empty());
    CHECK(rows_of({DW_CFA_def_cfa_expression, 0}, 1).empty());
    CHECK(rows_of({DW_CFA_def_cfa_offset, 0x80, 0x80, 0x80, 0x80, 0x08}, 1).empty());
}

TEST_CASE("eh_frame: a stack that the function realigns") {
    CHECK(rows_of({DW_CFA_def_cfa_expression, 3, 0x76, 0x78, DW_OP_deref, DW_CFA_expression, 6, 2,
                   0x76, 0}) == Lines{"0 rbp-deref-8 at-rbp", "100 none"});
    CHECK(rows_of({DW_CFA_def_cfa_expression, 4, 0x76, 0xA8, 0x7F, DW_OP_deref, DW_CFA_expression,
                   6, 2, 0x76, 0x10}) == Lines{"0 rbp-deref-88 at-rbp16", "100 none"});
}

TEST_CASE("eh_frame: the stubs of the linkage table, with any threshold") {
    for (const int threshold : {6, 10, 11, 15}) {
        const CfaBytes expression{0x77,
                                  8,
                                  0x80,
                                  0,
                                  DW_OP_lit15,
                                  DW_OP_and,
                                  static_cast<std::uint8_t>(DW_OP_lit0 + threshold),
                                  DW_OP_ge,
                                  DW_OP_lit3,
                                  DW_OP_shl,
                                  DW_OP_plus};
        CHECK(rows_of(joined({{DW_CFA_def_cfa_offset, 16, DW_CFA_advance_loc | 16,
                               DW_CFA_def_cfa_expression, 11},
                              expression})) ==
              Lines{"0 rsp16", "16 plt" + std::to_string(threshold), "100 none"});
        // One operation less, and it means something else.
        CHECK(rows_of(joined({{DW_CFA_def_cfa_expression, 10}, expression}), 1).empty());
    }
}

TEST_CASE("eh_frame: the kernel's signal frame") {
    CieFields signal;
    signal.augmentation = "zRS";
    const CfaBytes cfa{DW_CFA_def_cfa_expression, 4, 0x77, 0xA0, 0x01, DW_OP_deref};
    const CfaBytes rbp{DW_CFA_expression, 6, 3, 0x77, 0xF8, 0x00};
    const CfaBytes rip{DW_CFA_expression, 16, 3, 0x77, 0xA8, 0x01};
    CHECK(rows_of(joined({cfa, rbp, rip}), 0, signal) == Lines{"0 signal", "100 none"});
    // Only what is marked as a signal frame is one, and only with the kernel's layout.
    CHECK(rows_of(joined({cfa, rbp, rip}), 1).empty());
    CHECK(rows_of(joined({cfa, rip}), 1, signal).empty());
    CHECK(rows_of({}, 1, signal).empty());
}

TEST_CASE("eh_frame: the return address is at CFA - 8, or the frame is not followed") {
    CHECK(rows_of({DW_CFA_advance_loc | 1, DW_CFA_undefined, 16}) ==
          Lines{"0 rsp8", "1 end", "100 none"});
    CHECK(rows_of({DW_CFA_offset | 16, 2}, 1).empty());
    CHECK(rows_of({DW_CFA_register, 16, 2}, 1).empty());
    CHECK(rows_of({DW_CFA_same_value, 16}, 1).empty());
}

TEST_CASE("eh_frame: CIEs of all versions and augmentations") {
    for (const int version : {1, 3, 4}) {
        CieFields cie;
        cie.version = static_cast<std::uint8_t>(version);
        CHECK(rows_of({}, 0, cie) == Lines{"0 rsp8", "100 none"});
    }
    CieFields cie;
    SUBCASE("personality and language data") {
        cie.augmentation = "zPLR";
        cie.augmentation_data = {0x9B, 1, 2, 3, 4, 0x1B, 0x1B};
        CHECK(rows_of({}, 0, cie) == Lines{"0 rsp8", "100 none"});
    }
    SUBCASE("a personality that is left out") {
        cie.augmentation = "zPR";
        cie.augmentation_data = {0xFF, 0x1B};
        CHECK(rows_of({}, 0, cie) == Lines{"0 rsp8", "100 none"});
    }
    SUBCASE("an unknown letter") {
        cie.augmentation = "zRX";
        CHECK(rows_of({}, 1, cie).empty());
    }
    SUBCASE("an unknown version") {
        cie.version = 2;
        CHECK(rows_of({}, 1, cie).empty());
    }
    SUBCASE("another return address register") {
        cie.return_register = 15;
        CHECK(rows_of({}, 1, cie).empty());
    }
    SUBCASE("instructions that end in the middle") {
        cie.instructions = {DW_CFA_def_cfa, 7};
        CHECK(rows_of({}, 1, cie).empty());
    }
    SUBCASE("indirect pointers") {
        cie.augmentation_data = {0x9B};
        CHECK(rows_of({}, 1, cie).empty());
    }
}

TEST_CASE("eh_frame: pointer formats") {
    struct Format {
        std::uint8_t encoding;
        unsigned size;
    };
    for (const Format format : {Format{0x00, 8},
                                {0x02, 2},
                                {0x03, 4},
                                {0x04, 8},
                                {0x0A, 2},
                                {0x0B, 4},
                                {0x0C, 8},
                                {0x1B, 4},
                                {0x1C, 8}}) {
        CAPTURE(int{format.encoding});
        CieFields cie;
        cie.augmentation_data = {format.encoding};
        EhFrameBuilder section;
        const auto at = section.add_cie(cie);
        const std::uint64_t base = (format.encoding & 0x10U) != 0
                                       ? EhFrameBuilder::kAddress + section.bytes().size() + 8
                                       : 0;
        const std::uint64_t begin = 0x1234;
        CfaBytes pointers;
        test::append_number(pointers, begin - base, format.size);
        test::append_number(pointers, 16, format.size);
        section.add_fde_with(at, pointers, {});
        const auto table = build_unwind_table({section.bytes(), EhFrameBuilder::kAddress}, 0x1000,
                                              0x1000, 0x2000, kMaxRows);
        REQUIRE(table.ok());
        REQUIRE(table->rows.size() == 2);
        CHECK(describe(table->rows[0]) == "564 rsp8");
        CHECK(describe(table->rows[1]) == "580 none");
    }
}

TEST_CASE("eh_frame: neighbours, gaps and overlaps") {
    EhFrameBuilder section;
    const auto cie = section.add_cie();
    const CfaBytes frame{DW_CFA_advance_loc | 4, DW_CFA_def_cfa_offset, 32};
    SUBCASE("unsorted neighbours become one run") {
        section.add_fde(cie, kImageBase + 64, 64, {});
        section.add_fde(cie, kImageBase, 64, {});
        CHECK(lines_of(section) == Lines{"0 rsp8", "128 none"});
    }
    SUBCASE("a gap is not described, but padding that aligns the next function is none") {
        section.add_fde(cie, kImageBase, 10, frame);
        section.add_fde(cie, kImageBase + 16, 10, frame);
        section.add_fde(cie, kImageBase + 48, 10, frame);
        section.add_fde(cie, kImageBase + 60, 4, frame);
        CHECK(lines_of(section) == Lines{"0 rsp8", "4 rsp32", "16 rsp8", "20 rsp32", "26 none",
                                         "48 rsp8", "52 rsp32", "58 none", "60 rsp8", "64 none"});
    }
    SUBCASE("the function that begins first keeps its range") {
        section.add_fde(cie, kImageBase + 6, 64, frame);
        section.add_fde(cie, kImageBase, 32, frame);
        section.add_fde(cie, kImageBase + 8, 8, {});
        CHECK(lines_of(section) == Lines{"0 rsp8", "4 rsp32", "70 none"});
    }
    SUBCASE("of two that begin together, the first in the section") {
        section.add_fde(cie, kImageBase, 32, frame);
        section.add_fde(cie, kImageBase, 64, {});
        CHECK(lines_of(section) == Lines{"0 rsp8", "4 rsp32", "32 rsp8", "64 none"});
    }
    SUBCASE("empty functions and functions outside of the code are left out") {
        section.add_fde(cie, kImageBase, 0, frame);
        section.add_fde(cie, kImageBase + kCodeSize, 8, frame);
        section.add_fde(cie, kImageBase + kCodeSize - 4, 8, frame);
        section.add_fde(cie, kImageBase - 4, 8, frame);
        CHECK(lines_of(section).empty());
    }
    SUBCASE("instructions beyond the function's end say nothing") {
        section.add_fde(cie, kImageBase, 4, frame);
        CHECK(lines_of(section) == Lines{"0 rsp8", "4 none"});
    }
}

TEST_CASE("eh_frame: malformed programs keep what was right before") {
    const CfaBytes begin{DW_CFA_advance_loc | 4, DW_CFA_def_cfa_offset, 32, DW_CFA_advance_loc | 4};
    const Lines kept{"0 rsp8", "4 rsp32", "8 none"};
    CHECK(rows_of(joined({begin, {0x3A}}), 1) == kept);
    CHECK(rows_of(joined({begin, {DW_CFA_restore_state}}), 1) == kept);
    CHECK(rows_of(joined({begin, {DW_CFA_def_cfa, 7}}), 1) == kept);
    CHECK(rows_of(joined({begin, {DW_CFA_advance_loc4, 1}}), 1) == kept);
    CHECK(rows_of(joined({begin, {DW_CFA_def_cfa_expression, 9, 0x77}}), 1) == kept);
    CHECK(rows_of(joined({begin,
                          {DW_CFA_def_cfa_offset, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                           0xFF, 0x7F}}),
                  1) == kept);
    CHECK(rows_of(joined({begin, CfaBytes(1000, DW_CFA_remember_state)}), 1) == kept);
    // Back to an address before the function.
    CfaBytes back{DW_CFA_set_loc};
    test::append_number(back, 0, 4);
    CHECK(rows_of(joined({begin, back}), 1) == kept);
    // Further than any address.
    CHECK(rows_of(
              joined({begin,
                      {DW_CFA_MIPS_advance_loc8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}}),
              1) == kept);
}

TEST_CASE("eh_frame: malformed records are left out") {
    EhFrameBuilder section;
    const auto cie = section.add_cie();
    section.add_fde(cie, kImageBase, 16, {});
    const Lines kept{"0 rsp8", "32 none"};
    SUBCASE("an FDE whose CIE is none, but another FDE") {
        section.add_fde(section.add_record({1, 2, 3, 4, 5}), kImageBase + 100, 16, {});
        section.add_fde(cie, kImageBase + 16, 16, {});
        CHECK(lines_of(section, 2) == kept);
    }
    SUBCASE("an FDE whose CIE lies before the section") {
        section.add_record({0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0, 0, 0, 0, 0});
        section.add_fde(cie, kImageBase + 16, 16, {});
        CHECK(lines_of(section, 1) == kept);
    }
    SUBCASE("a record that is too short, and terminators in the middle") {
        section.add_record({7});
        section.add_raw({0, 0, 0, 0});
        section.add_fde(cie, kImageBase + 16, 16, {});
        CHECK(lines_of(section, 1) == kept);
    }
    SUBCASE("a record that is longer than the section ends it") {
        section.add_fde(cie, kImageBase + 16, 16, {});
        section.add_raw({0xF0, 0, 0, 0});
        section.add_fde(cie, kImageBase + 32, 16, {});
        CHECK(lines_of(section, 1) == kept);
    }
    SUBCASE("the long form of a length") {
        section.add_fde(cie, kImageBase + 16, 16, {});
        section.add_raw({0xFF, 0xFF, 0xFF, 0xFF, 0xF0, 0, 0, 0, 0, 0, 0, 0x80});
        CHECK(lines_of(section, 1) == kept);
    }
    SUBCASE("stray bytes at the end") {
        section.add_fde(cie, kImageBase + 16, 16, {});
        section.add_raw({1, 2, 3});
        CHECK(lines_of(section) == kept);
    }
}

TEST_CASE("eh_frame: the table never grows beyond its limit") {
    EhFrameBuilder section;
    const auto cie = section.add_cie();
    CfaBytes many;
    for (std::uint8_t i = 0; i < 50; ++i) {
        many.insert(many.end(), {DW_CFA_advance_loc | 1, DW_CFA_def_cfa_offset,
                                 static_cast<std::uint8_t>(16 + i)});
    }
    section.add_fde(cie, kImageBase, 100, many);
    CHECK(build(section, 52)->rows.size() == 52);
    const auto refused = build(section, 51);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::unsupported);
}

}  // namespace
}  // namespace leaklens
