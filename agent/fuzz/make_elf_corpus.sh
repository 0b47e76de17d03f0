#!/bin/sh
# Makes seeds for elf_image_fuzz and eh_frame_fuzz from small files that the compiler makes here:
# whole, stripped of section headers, truncated; and their .eh_frame sections alone.
#   agent/fuzz/make_elf_corpus.sh FOLDER    (fills FOLDER/elf_image and FOLDER/eh_frame)
set -eu
folder="${1:?usage: make_elf_corpus.sh FOLDER}"
mkdir -p "$folder/elf_image" "$folder/eh_frame"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

cat > "$work/allocator.c" <<'SOURCE'
#include <stddef.h>
static char pool[64];
void *malloc(size_t n) { return n < sizeof pool ? pool : 0; }
void *realloc(void *p, size_t n) { return p && n < sizeof pool ? p : malloc(n); }
void *reallocarray(void *p, size_t n, size_t m) {
    size_t all;
    return __builtin_mul_overflow(n, m, &all) ? 0 : realloc(p, all);
}
void free(void *p) { if (p) *(char *)p = 0; }
void *_Znwm(size_t n) { return malloc(n); }
void _ZdlPv(void *p) { free(p); }
SOURCE
cat > "$work/frames.cpp" <<'SOURCE'
#include <alloca.h>
struct alignas(64) Wide { double values[8]; };
void fill(Wide&, char*);
struct Guard { ~Guard(); };
int realigned(unsigned n) { Wide wide; Guard guard; fill(wide, static_cast<char*>(alloca(n))); return wide.values[n] > 1; }
int main() { try { return realigned(2); } catch (int n) { return n; } }
SOURCE
# Small pages keep the seeds small.
options="-fno-builtin -nostdlib -nostartfiles -Wl,-z,max-page-size=512 -Wl,-z,noseparate-code"
gcc -O2 -shared -fPIC $options "$work/allocator.c" -o "$work/shared.so"
gcc -O2 -shared -fPIC $options -Wl,--hash-style=sysv,-z,lazy "$work/allocator.c" -o "$work/sysv.so"
gcc -O0 -static $options -Wl,-e,malloc "$work/allocator.c" -o "$work/static"
g++ -O2 -shared -fPIC $options -Wl,--build-id "$work/frames.cpp" -o "$work/frames.so"
g++ -O2 -shared -fPIC -fcf-protection $options -Wl,-z,lazy "$work/frames.cpp" -o "$work/cet.so"

for file in "$work"/*.so "$work/static"; do
  name="$(basename "$file")"
  cp "$file" "$folder/elf_image/$name"
  size="$(wc -c < "$file")"
  head -c $((size / 2)) "$file" > "$folder/elf_image/$name.half"
  # e_shoff = 0: no section headers.
  cp "$file" "$folder/elf_image/$name.headless"
  printf '\0\0\0\0\0\0\0\0' |
    dd of="$folder/elf_image/$name.headless" bs=1 seek=40 conv=notrunc status=none
  objcopy -O binary --only-section=.eh_frame "$file" "$folder/eh_frame/$name"
done
# Signal frames and expressions: the C library has them all.
libc="$(gcc -print-file-name=libc.so.6)"
objcopy -O binary --only-section=.eh_frame "$libc" "$work/libc.eh_frame"
head -c 16384 "$work/libc.eh_frame" > "$folder/eh_frame/libc"
