// Sections of call frame information made by hand: common entries, descriptions, and records that
// lie.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "agent/tests/unwind_rows.h"

namespace leaklens {
namespace {

using test::build;
using test::CfaBytes;
using test::CieFields;
using test::describe;
using test::EhFrameBuilder;
using test::kCodeSize;
using test::kImageBase;
using test::lines_of;
using test::rows_of;
using Lines = std::vector<std::string>;

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
                                              0x1000, 0x2000, test::kMaxRows);
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
