// Text from hostile files, made fit to be shown.
#include "agent/symbols/display_text.h"

#include <doctest/doctest.h>

#include <string>

namespace leaklens {
namespace {

TEST_CASE("ordinary names stay as they are") {
    CHECK(display_text("std::vector<int>::push_back(int&&)", 100) ==
          "std::vector<int>::push_back(int&&)");
    CHECK(display_text("/home/zo\xC3\xAB/\xE6\xBA\x90/\xF0\x9F\x8C\xB3.cpp", 100) ==
          "/home/zo\xC3\xAB/\xE6\xBA\x90/\xF0\x9F\x8C\xB3.cpp");
    CHECK(display_text("", 100).empty());
}

TEST_CASE("bytes that are no UTF-8 are replaced one by one") {
    const std::string bad = "\xEF\xBF\xBD";
    CHECK(display_text("a\xFFz", 100) == "a" + bad + "z");
    CHECK(display_text("\xC3", 100) == bad);                                // cut short
    CHECK(display_text("\xC0\xAF", 100) == bad + bad);                      // overlong
    CHECK(display_text("\xE0\x80\xAF", 100) == bad + bad + bad);            // overlong
    CHECK(display_text("\xED\xA0\x80", 100) == bad + bad + bad);            // surrogate
    CHECK(display_text("\xF4\x90\x80\x80", 100) == bad + bad + bad + bad);  // beyond the last
    CHECK(display_text("\x80", 100) == bad);                                // continuation alone
}

TEST_CASE("what would steer a terminal or turn text around is taken out") {
    CHECK(display_text("a\x1B[31mb\r\n\tc\x7F", 100) == "a[31mbc");
    CHECK(display_text(std::string_view("a\0b", 3), 100) == "ab");
    CHECK(display_text("a\xC2\x9B"
                       "31mb",
                       100) == "a31mb");  // one-character CSI
    CHECK(display_text("a\xE2\x80\xAE"
                       "b\xE2\x81\xA6"
                       "c",
                       100) == "abc");  // overrides, isolates
    CHECK(display_text("a\xE2\x80\xA8"
                       "b",
                       100) == "ab");  // line separator
}

TEST_CASE("long text is cut between characters and says so") {
    CHECK(display_text(std::string(10, 'a'), 10) == std::string(10, 'a'));
    CHECK(display_text(std::string(11, 'a'), 10) == std::string(7, 'a') + "...");
    // Three bytes each: two of them and the ellipsis fit into ten bytes.
    CHECK(display_text("\xE6\xBA\x90\xE6\xBA\x90\xE6\xBA\x90\xE6\xBA\x90", 10) ==
          "\xE6\xBA\x90\xE6\xBA\x90...");
    CHECK(display_text("aaaa", 2).empty());
    CHECK(display_text(std::string(100'000, '\xFF'), 4096).size() <= 4096);
}

}  // namespace
}  // namespace leaklens
