// ELF files for tests: real ones of this machine, and files made of bytes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/fd.h"

namespace leaklens::test {

using Bytes = std::vector<std::uint8_t>;

// Path of the C library that this test runs with.
std::string libc_path();
// Path of the C++ library of this machine.
std::string libstdcxx_path();
// Fails the test where the file cannot be opened.
Fd open_file(const std::string& path);
Bytes read_whole(const std::string& path);
// A file without a name that holds these bytes.
Fd memory_file(std::span<const std::uint8_t> bytes);

// Compiles C++ or C source text (by the compiler's name, "g++") and returns the output's path, in a
// temporary folder that goes with the process. Fails the test where the compiler does.
std::string compile(const std::string& compiler, const std::string& source,
                    const std::vector<std::string>& options);

// Runs a program, found by PATH, and returns what it wrote to its standard output.
std::string run(const std::vector<std::string>& command);

}  // namespace leaklens::test
