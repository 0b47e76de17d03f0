// Programs for the tests of symbols: compiled from agent/tests/data/inlined.cpp and run once, so
// that the addresses looked up are real return addresses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace leaklens::test {

// A folder of its own, removed with the object.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

struct Sample {
    std::filesystem::path program;
    // ELF virtual addresses inside call instructions, by the name that the program gives them.
    std::map<std::string, std::uint64_t> addresses;
};

std::filesystem::path sample_source();
// The line that the comment `// AT mark` is on; fails the test where there is none.
std::uint32_t marked_line(const std::string& mark);

// Compiles the sample to `program` and runs it.
Sample build_sample(const std::filesystem::path& program, const std::string& compiler,
                    const std::vector<std::string>& options);

}  // namespace leaklens::test
