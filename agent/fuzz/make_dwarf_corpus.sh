#!/bin/sh
# Makes seeds for dwarf_fuzz: small programs with debug information of several kinds, by both
# compilers, whose entry point lies in code with inlined functions.
#   agent/fuzz/make_dwarf_corpus.sh FOLDER    (fills FOLDER/dwarf)
set -eu
folder="${1:?usage: make_dwarf_corpus.sh FOLDER}/dwarf"
mkdir -p "$folder"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

cat > "$work/program.cpp" <<'SOURCE'
template <int N>
struct Counter {
    int value = N;
    [[gnu::always_inline]] inline int add(int more) { return value += more * N; }
};
[[gnu::always_inline]] inline int twice(int n) { Counter<3> c; return c.add(n) + c.add(n + 1); }
int total;
extern "C" void _start() {
    for (int i = 0; i < total; i++) total += twice(i);
    __builtin_trap();
}
SOURCE
# Small pages keep the seeds small.
options="-O2 -nostdlib -nostartfiles -static -Wl,-z,max-page-size=512 -Wl,-z,noseparate-code"
for compiler in g++ clang++; do
  for version in 4 5; do
    $compiler $options "-gdwarf-$version" "$work/program.cpp" -o "$folder/$compiler-$version"
  done
  $compiler $options -g -gz=zlib "$work/program.cpp" -o "$folder/$compiler-compressed"
done
for file in "$folder"/*; do
  size="$(wc -c < "$file")"
  head -c $((size / 2)) "$file" > "$file.half"
done
objcopy --strip-debug "$folder/g++-5" "$folder/stripped"
objcopy --only-keep-debug "$folder/g++-5" "$folder/separate"
objcopy --add-gnu-debuglink="$folder/separate" "$folder/stripped" "$folder/linked"
