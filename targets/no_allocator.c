// Ground truth: exercise
/* C, built without any library: a process that has no allocator at all, and nothing to capture. It
 * waits until it is killed. */
#include <sys/syscall.h>

static long system_call(long number) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number) : "rcx", "r11", "memory");
    return result;
}

void _start(void) {
    for (;;)
        system_call(SYS_pause);
}
