// Ground truth: exercise
/* C: every function of the malloc family, in every way that matters to who counts, with the
 * program's own exact count. Each operation of the loop goes through all of them once; a failed
 * call neither allocates nor releases, and a realloc that succeeds does both. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pace.h"

/* More than any allocator gives; volatile, so that the compiler neither warns nor folds. */
static volatile size_t too_much = PTRDIFF_MAX - 4096;

/* Keeps the compiler from dropping pairs of malloc and free. */
static void* seen(void* block) {
    __asm__ volatile("" : "+r"(block) : : "memory");
    return block;
}

static void* took(void* block, size_t bytes) {
    if (seen(block) == NULL) abort();
    pace_allocated(bytes);
    return block;
}

static void gave(void* block, size_t bytes) {
    free(seen(block));
    pace_freed(bytes);
}

static void must_fail(void* block) {
    if (seen(block) != NULL) abort();
}

static __attribute__((noinline)) void plain(size_t bytes) {
    void* block = took(malloc(bytes), bytes);
    void* zeroed = took(calloc(3, bytes), 3 * bytes);
    void* nothing = took(malloc(0), 0);
    gave(nothing, 0);
    gave(zeroed, 3 * bytes);
    gave(block, bytes);
    free(NULL);
    must_fail(malloc(too_much));
    must_fail(calloc(too_much, 2));
}

static __attribute__((noinline)) void resized(size_t bytes) {
    void* block = took(realloc(NULL, bytes), bytes);
    /* In place or moved: one release and one allocation in any case. */
    block = took(realloc(block, 2 * bytes), 2 * bytes);
    pace_freed(bytes);
    block = took(realloc(block, 100000), 100000);
    pace_freed(2 * bytes);
    must_fail(realloc(seen(block), too_much));
    must_fail(reallocarray(seen(block), too_much, 16));
    block = took(reallocarray(seen(block), 50, 7), 350);
    pace_freed(100000);
    /* glibc: a resize to nothing releases and returns NULL. */
    must_fail(realloc(seen(block), 0));
    pace_freed(350);
    block = took(reallocarray(NULL, 20, 10), 200);
    gave(block, 200);
}

static __attribute__((noinline)) void aligned(size_t bytes) {
    gave(took(memalign(64, bytes), bytes), bytes);
    gave(took(aligned_alloc(128, 256), 256), 256);
    gave(took(valloc(bytes), bytes), bytes);
    gave(took(pvalloc(4096), 4096), 4096);
    void* block = NULL;
    if (posix_memalign(&block, 32, bytes) != 0) abort();
    gave(took(block, bytes), bytes);
    /* Three is no alignment. */
    if (posix_memalign(&block, 3, bytes) != EINVAL) abort();
}

static __attribute__((noinline)) void through_libc(unsigned number) {
    char text[40];
    int length = snprintf(text, sizeof text, "operation number %u", number);
    char* copy = took(strdup(text), (size_t)length + 1);
    gave(copy, (size_t)length + 1);
    /* One block in ten is lost, from a function that is called through libc. */
    if (number % 10 == 0) {
        took(strdup("lost"), 5);
        pace_leaked(5);
    }
}

int main(int argc, char** argv) {
    pace_start(argc, argv, 500);
    unsigned number = 0;
    while (pace_next()) {
        size_t bytes = 24 + number % 300;
        plain(bytes);
        resized(bytes);
        aligned(bytes);
        through_libc(number++);
    }
    return pace_finish();
}
