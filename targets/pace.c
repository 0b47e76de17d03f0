/* See pace.h. Nothing here allocates after pace_start() has printed its line. */
#include "pace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Shorter waits would cost more than the work between them: operations come in batches instead. */
static const double shortest_wait = 0.002;
/* A signal may reach another thread than the one that sleeps, so nobody sleeps for long. */
static const double longest_wait = 0.1;

static double rate;
static double end_seconds;
static unsigned long long end_operations;
static double onset_seconds = 10;
static bool gate;
static bool linger;
static double work_began;
static volatile sig_atomic_t ended;

static __thread double loop_began;
static __thread unsigned long long loop_done;

static unsigned long long allocations, allocated_bytes, frees, freed_bytes;
static unsigned long long leaked_blocks, leaked_bytes;

static void on_signal(int signal_number) {
    (void)signal_number;
    ended = 1;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void wait_for(double seconds) {
    if (seconds > longest_wait) seconds = longest_wait;
    struct timespec time = {0, (long)(seconds * 1e9)};
    nanosleep(&time, NULL);
}

static void usage(const char* program, const char* argument) {
    fprintf(stderr, "%s: what is '%s'? See targets/pace.h.\n", program, argument);
    exit(2);
}

static double number_after(int argc, char** argv, int* i) {
    char* end = NULL;
    if (*i + 1 >= argc) usage(argv[0], argv[*i]);
    double value = strtod(argv[++*i], &end);
    if (*end != '\0' || value < 0) usage(argv[0], argv[*i]);
    return value;
}

void pace_start(int argc, char** argv, double default_rate) {
    rate = default_rate;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rate") == 0) {
            rate = number_after(argc, argv, &i);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            end_seconds = number_after(argc, argv, &i);
        } else if (strcmp(argv[i], "--operations") == 0) {
            end_operations = (unsigned long long)number_after(argc, argv, &i);
        } else if (strcmp(argv[i], "--onset") == 0) {
            onset_seconds = number_after(argc, argv, &i);
        } else if (strcmp(argv[i], "--gate") == 0) {
            gate = true;
        } else if (strcmp(argv[i], "--linger") == 0) {
            linger = true;
        } else {
            usage(argv[0], argv[i]);
        }
    }
    /* Without SA_RESTART, so that a signal ends the wait at the gate. */
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);

    printf("pid %d\n", (int)getpid());
    fflush(stdout);
    char byte = 0;
    while (gate && byte != '\n' && read(STDIN_FILENO, &byte, 1) == 1) {
    }
    work_began = now();
}

double pace_elapsed(void) {
    return now() - work_began;
}

bool pace_past_onset(void) {
    return pace_elapsed() >= onset_seconds;
}

static bool over(void) {
    return ended || (end_seconds > 0 && pace_elapsed() >= end_seconds);
}

bool pace_next(void) {
    if (end_operations > 0 && loop_done >= end_operations) return false;
    if (loop_began == 0) loop_began = now();
    while (!over()) {
        double due = (now() - loop_began) * rate;
        if (rate == 0 || (double)loop_done < due) {
            loop_done++;
            return true;
        }
        double wait = ((double)loop_done - due) / rate;
        wait_for(wait > shortest_wait ? wait : shortest_wait);
    }
    return false;
}

bool pace_sleep(double seconds) {
    double until = now() + seconds;
    for (double left = seconds; left > 0 && !over(); left = until - now())
        wait_for(left);
    return !over();
}

static void add(unsigned long long* counter, size_t amount) {
    __atomic_fetch_add(counter, amount, __ATOMIC_RELAXED);
}

void pace_allocated(size_t bytes) {
    add(&allocations, 1);
    add(&allocated_bytes, bytes);
}

void pace_freed(size_t bytes) {
    add(&frees, 1);
    add(&freed_bytes, bytes);
}

void pace_leaked(size_t bytes) {
    add(&leaked_blocks, 1);
    add(&leaked_bytes, bytes);
}

int pace_finish(void) {
    printf(
        "{\"leakedBytes\":%llu,\"leakedBlocks\":%llu,\"allocations\":%llu,\"allocatedBytes\":%llu,"
        "\"frees\":%llu,\"freedBytes\":%llu}\n",
        leaked_bytes, leaked_blocks, allocations, allocated_bytes, frees, freed_bytes);
    fflush(stdout);
    while (linger && !ended)
        wait_for(longest_wait);
    return 0;
}
