// Debug information whose references lead in circles: made by changing what the compiler writes as
// assembly, then read. A reader that follows them without a limit never comes back.
#include <doctest/doctest.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "agent/symbols/dwarf_lookup.h"
#include "agent/tests/elf_files.h"
#include "agent/tests/symbol_samples.h"

namespace leaklens {
namespace {

enum class Target : std::uint8_t { itself, the_one_before, the_first };

// Assembly in which every reference by `attribute` is turned to another entry. Relies on the
// compiler's comments (-dA), which name each entry's offset and each attribute.
std::string redirect(const std::string& assembly, const std::string& attribute, Target target,
                     std::size_t& changed) {
    static const std::regex entry(R"(\(DIE \((0x[0-9a-f]+)\) DW_TAG_\w+\))");
    const std::regex reference("(\\t\\.long\\t)0x[0-9a-f]+(\\t# " + attribute + ")$");
    std::istringstream lines(assembly);
    std::ostringstream result;
    std::string first;
    std::string before;
    std::string current;
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_search(line, match, entry)) {
            before = current;
            current = match[1];
            if (first.empty()) first = current;
        } else if (std::regex_match(line, match, reference)) {
            const std::string& wanted = target == Target::itself           ? current
                                        : target == Target::the_one_before ? before
                                                                           : first;
            line = match[1].str() + wanted + match[2].str();
            ++changed;
        }
        result << line << '\n';
    }
    return result.str();
}

TEST_CASE("references in circles end, whatever they connect") {
    const test::TemporaryFolder folder;
    const std::string text = folder.path() / "program.s";
    const std::string program = folder.path() / "program";
    const test::Sample sample = test::build_sample(folder.path() / "sample", "g++", {"-O2", "-g"});
    test::run({"g++", "-std=c++20", "-O2", "-g", "-dA", "-S", test::sample_source().string(), "-o",
               text});
    const test::Bytes bytes = test::read_whole(text);
    const std::string assembly(bytes.begin(), bytes.end());
    for (const std::string attribute :
         {"DW_AT_abstract_origin", "DW_AT_specification", "DW_AT_sibling", "DW_AT_type"}) {
        for (const Target target : {Target::itself, Target::the_one_before, Target::the_first}) {
            CAPTURE(attribute);
            CAPTURE(static_cast<int>(target));
            std::size_t changed = 0;
            std::ofstream(text) << redirect(assembly, attribute, target, changed);
            REQUIRE(changed > 20);
            test::run({"g++", text, "-o", program});
            const Fd file = test::open_file(program);
            const auto lookup = DwarfLookup::open({file.get(), -1, -1});
            REQUIRE(lookup.ok());
            CHECK((*lookup)->source() == SymbolSource::dwarf);
            for (const auto& [name, address] : sample.addresses) {
                // Whatever it makes of them, it knows a function, from the symbol table if need be.
                const auto frames = (*lookup)->frames_at(address);
                REQUIRE_FALSE(frames.empty());
                CHECK(frames.size() < 300);
            }
        }
    }
}

}  // namespace
}  // namespace leaklens
