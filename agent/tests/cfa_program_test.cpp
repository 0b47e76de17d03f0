// Call frame programs made by hand: every instruction, every shape of a row, and programs that
// lie.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "agent/tests/unwind_rows.h"

namespace leaklens {
namespace {

using test::CfaBytes;
using test::CieFields;
using test::EhFrameBuilder;
using test::joined;
using test::kImageBase;
using test::lines_of;
using test::rows_of;
using Lines = std::vector<std::string>;

TEST_CASE("cfa program: a function with a frame pointer") {
    CHECK(rows_of({DW_CFA_advance_loc | 1, DW_CFA_def_cfa_offset, 16, DW_CFA_offset | 6, 2,
                   DW_CFA_advance_loc | 3, DW_CFA_def_cfa_register, 6, DW_CFA_advance_loc1, 90,
                   DW_CFA_def_cfa, 7, 8}) == Lines{"0 rsp8", "1 rsp16 at-cfa-16",
                                                   "4 rbp16 at-cfa-16", "94 rsp8 at-cfa-16",
                                                   "100 none"});
}

TEST_CASE("cfa program: every way to move on, and to define the CFA") {
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

TEST_CASE("cfa program: set_loc takes an address in the encoding of the CIE") {
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

TEST_CASE("cfa program: rules of rbp") {
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

TEST_CASE("cfa program: states are remembered and restored, CFA included") {
    CHECK(rows_of({DW_CFA_remember_state, DW_CFA_advance_loc | 1, DW_CFA_def_cfa, 6, 16,
                   DW_CFA_offset | 6, 2, DW_CFA_advance_loc | 1, DW_CFA_restore_state}) ==
          Lines{"0 rsp8", "1 rbp16 at-cfa-16", "2 rsp8", "100 none"});
}

TEST_CASE("cfa program: CFA by another register, or an expression of an unknown shape") {
    CHECK(rows_of({DW_CFA_def_cfa, 10, 0}, 1).empty());
    CHECK(rows_of({DW_CFA_advance_loc | 4, DW_CFA_def_cfa_register, 3}, 1) ==
          Lines{"0 rsp8", "4 none"});
    CHECK(rows_of({DW_CFA_def_cfa_expression, 3, 0x73, 0, DW_OP_deref}, 1).empty());
    CHECK(rows_of({DW_CFA_def_cfa_expression, 2, 0x76, 0}, 1).empty());
    CHECK(rows_of({DW_CFA_def_cfa_expression, 0}, 1).empty());
    CHECK(rows_of({DW_CFA_def_cfa_offset, 0x80, 0x80, 0x80, 0x80, 0x08}, 1).empty());
}

TEST_CASE("cfa program: a stack that the function realigns") {
    CHECK(rows_of({DW_CFA_def_cfa_expression, 3, 0x76, 0x78, DW_OP_deref, DW_CFA_expression, 6, 2,
                   0x76, 0}) == Lines{"0 rbp-deref-8 at-rbp", "100 none"});
    CHECK(rows_of({DW_CFA_def_cfa_expression, 4, 0x76, 0xA8, 0x7F, DW_OP_deref, DW_CFA_expression,
                   6, 2, 0x76, 0x10}) == Lines{"0 rbp-deref-88 at-rbp16", "100 none"});
}

TEST_CASE("cfa program: the stubs of the linkage table, with any threshold") {
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

TEST_CASE("cfa program: the kernel's signal frame") {
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

TEST_CASE("cfa program: the return address is at CFA - 8, or the frame is not followed") {
    CHECK(rows_of({DW_CFA_advance_loc | 1, DW_CFA_undefined, 16}) ==
          Lines{"0 rsp8", "1 end", "100 none"});
    CHECK(rows_of({DW_CFA_offset | 16, 2}, 1).empty());
    CHECK(rows_of({DW_CFA_register, 16, 2}, 1).empty());
    CHECK(rows_of({DW_CFA_same_value, 16}, 1).empty());
}

TEST_CASE("cfa program: malformed programs keep what was right before") {
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

}  // namespace
}  // namespace leaklens
