#!/bin/sh
# Makes a program with much debug information, to measure the symbol reader with:
#   big_program.sh OUTPUT_DIRECTORY [COMPILATION_UNITS]
# About 5 MB of debug information for each unit, so 25 (the default) make some 130 MB. The program
# prints the ELF virtual address of a call in each unit, those that the linker put last coming last.
set -eu
directory="$1"
units="${2:-25}"
mkdir -p "$directory"
cd "$directory"

cat >unit.cpp <<'SOURCE'
#include <algorithm>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

extern void report_caller(const char* name);

template <int N>
struct Record {
    std::map<std::string, std::vector<std::shared_ptr<Record>>> children;
    std::unordered_map<int, std::function<void(Record&)>> actions;
    std::variant<int, std::string, std::vector<double>> value;
    std::set<std::pair<int, std::string>> names;
    bool operator<(const Record& other) const { return names < other.names; }
};

template <int N>
int use(const std::string& text) {
    Record<N> record;
    record.children[text].push_back(std::make_shared<Record<N>>());
    record.actions[N] = [](Record<N>& self) { self.value = std::string("x"); };
    record.actions[N](record);
    record.names.emplace(N, text);
    std::vector<Record<N>> all(3, record);
    std::sort(all.begin(), all.end());
    auto later = std::async(std::launch::deferred, [&] { return all.size(); });
    return static_cast<int>(later.get()) + std::regex_match(text, std::regex("a[bc]*d"));
}

#define JOIN(a, b) a##b
#define NAME(unit) JOIN(unit_, unit)
int NAME(UNIT)(const std::string& text) {
    report_caller("unit");
    int sum = use<UNIT * 8>(text) + use<UNIT * 8 + 1>(text) + use<UNIT * 8 + 2>(text);
    sum += use<UNIT * 8 + 3>(text) + use<UNIT * 8 + 4>(text) + use<UNIT * 8 + 5>(text);
    return sum;
}
SOURCE

{
  cat <<'SOURCE'
#include <cstdio>
#include <string>
extern char __executable_start;
void report_caller(const char* name) {
    const auto address = static_cast<char*>(__builtin_return_address(0)) - 1;
    std::printf("%s %lx\n", name, static_cast<unsigned long>(address - &__executable_start));
}
SOURCE
  unit=0
  while [ "$unit" -lt "$units" ]; do
    echo "int unit_$unit(const std::string&);"
    unit=$((unit + 1))
  done
  echo "int main(int argc, char** argv) { int sum = 0;"
  unit=0
  while [ "$unit" -lt "$units" ]; do
    echo "  sum += unit_$unit(argv[0]);"
    unit=$((unit + 1))
  done
  echo "  return sum == argc; }"
} >main.cpp

objects=""
unit=0
while [ "$unit" -lt "$units" ]; do
  "${CXX:-g++}" -std=c++20 -O1 -g -DUNIT="$unit" -c unit.cpp -o "unit_$unit.o"
  objects="$objects unit_$unit.o"
  unit=$((unit + 1))
done
# shellcheck disable=SC2086
"${CXX:-g++}" -std=c++20 -O1 -g main.cpp $objects -o big
