// Ground truth: exercise
/* C: a sandboxed process whose seccomp filter kills it on any system call that it does not need
 * itself. Tracing must not make it do one. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "pace.h"

static const unsigned short allowed[] = {
    SYS_read,         SYS_write,  SYS_close,           SYS_brk,           SYS_mmap,
    SYS_munmap,       SYS_mremap, SYS_clock_nanosleep, SYS_clock_gettime, SYS_nanosleep,
    SYS_futex,        SYS_fstat,  SYS_newfstatat,      SYS_exit_group,    SYS_rt_sigreturn,
    SYS_rt_sigaction, SYS_getpid, SYS_getrandom,
};
enum { ALLOWED = sizeof allowed / sizeof allowed[0] };

static void enter_sandbox(void) {
    struct sock_filter code[2 * ALLOWED + 2];
    size_t used = 0;
    code[used++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < ALLOWED; i++) {
        code[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
        code[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    code[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    struct sock_fprog program = {(unsigned short)used, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("seccomp_sandbox");
        exit(1);
    }
}

struct request {
    unsigned number;
    char body[100];
};

static __attribute__((noinline)) void handle(unsigned number) {
    struct request* request = malloc(sizeof *request);  // LEAK
    if (request == NULL) abort();
    request->number = number;
    memset(request->body, ' ', sizeof request->body);
    if (number % 5 != 0) {
        free(request);
    } else {
        pace_leaked(sizeof *request);
    }
}

int main(int argc, char** argv) {
    enter_sandbox();
    pace_start(argc, argv, 500);
    unsigned number = 0;
    while (pace_next())
        handle(number++);
    return pace_finish();
}
