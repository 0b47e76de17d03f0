// Ground truth: exercise
/* C: mappings made and unmade in every partial way, with the program's own exact count of the bytes
 * that stay mapped. Each operation leaves three pages behind. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pace.h"

static size_t page;

static char* map_pages(size_t pages) {
    char* address =
        mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) abort();
    pace_allocated(pages * page);
    return address;
}

static void unmap_pages(char* address, size_t pages) {
    if (munmap(address, pages * page) != 0) abort();
}

static __attribute__((noinline)) void whole(void) {
    unmap_pages(map_pages(16), 16);
}

/* The head goes first, then the tail; one page in between stays. */
static __attribute__((noinline)) void from_both_ends(void) {
    char* address = map_pages(16);
    unmap_pages(address, 7);
    unmap_pages(address + 8 * page, 8);
    pace_leaked(page);
}

/* A hole in the middle, then what is left of it but for two pages. */
static __attribute__((noinline)) void from_the_middle(void) {
    char* address = map_pages(16);
    unmap_pages(address + 4 * page, 8);
    unmap_pages(address + 12 * page, 4);
    unmap_pages(address, 2);
    pace_leaked(2 * page);
}

/* One call that covers two halves of what was made in one piece, and a gap that it finds there. */
static __attribute__((noinline)) void over_a_gap(void) {
    char* address = map_pages(16);
    unmap_pages(address + 6 * page, 4);
    unmap_pages(address, 16);
}

/* A call that fails changes nothing: the address is not on a page's edge. */
static __attribute__((noinline)) void failing(void) {
    char* address = map_pages(1);
    if (munmap(address + 1, page) == 0) abort();
    unmap_pages(address, 1);
}

int main(int argc, char** argv) {
    page = (size_t)sysconf(_SC_PAGESIZE);
    pace_start(argc, argv, 50);
    while (pace_next()) {
        whole();
        from_both_ends();
        from_the_middle();
        over_a_gap();
        failing();
    }
    return pace_finish();
}
