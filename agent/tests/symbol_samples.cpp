#include "agent/tests/symbol_samples.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>
#include <system_error>

#include "agent/tests/elf_files.h"

namespace leaklens::test {

TemporaryFolder::TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "leaklens-symbols-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path sample_source() {
    return std::filesystem::path(__FILE__).parent_path() / "data" / "inlined.cpp";
}

std::uint32_t marked_line(const std::string& mark) {
    std::ifstream source(sample_source());
    std::uint32_t number = 0;
    for (std::string line; std::getline(source, line);) {
        ++number;
        if (line.ends_with("// AT " + mark)) return number;
    }
    FAIL("no line is marked " << mark);
    return 0;
}

Sample build_sample(const std::filesystem::path& program, const std::string& compiler,
                    const std::vector<std::string>& options) {
    std::vector<std::string> command{compiler, "-std=c++20", sample_source().string(), "-o",
                                     program.string()};
    command.insert(command.end(), options.begin(), options.end());
    run(command);
    REQUIRE(std::filesystem::exists(program));
    Sample sample{program, {}};
    std::istringstream lines(run({program.string()}));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        std::uint64_t address = 0;
        words >> name >> std::hex >> address;
        if (name != "#") sample.addresses[name] = address;
    }
    REQUIRE(sample.addresses.size() == 5);
    return sample;
}

}  // namespace leaklens::test
