/* What every sample program shares: a rate-limited loop that never allocates, and the program's own
 * count of what it did, which the tests compare with what a capture saw.
 *
 * Arguments that every program takes:
 *   --rate N        operations per second; each program has its own default, 0 is as fast as it
 * goes
 *   --seconds N     end after so many seconds (default: run until SIGTERM or SIGINT)
 *   --operations N  end each loop after so many operations
 *   --onset N       second at which a program that changes its ways does so (default 10)
 *   --gate          start working only when a line arrives on standard input
 *   --linger        stay alive after the last line of output, until SIGTERM
 *
 * Output: "pid N" at the start, and at the end one line of JSON with the fields of the ledger.
 */
#ifndef TARGETS_PACE_H
#define TARGETS_PACE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the arguments, prints the PID, and waits at the gate if there is one. `default_rate` is in
 * operations per second. Ends the program with status 2 when an argument is not known. */
void pace_start(int argc, char** argv, double default_rate);

/* Waits until the calling thread's next operation is due. False when the program is to end. Each
 * thread has a loop of its own, which runs at the whole rate. */
bool pace_next(void);

/* Waits for `seconds`, or less when the program is to end. False when it is to end. */
bool pace_sleep(double seconds);

/* Seconds since the work began. */
double pace_elapsed(void);

/* True from the second on that --onset names. */
bool pace_past_onset(void);

/* The ledger. Callable from any thread. Bytes are those asked for, without the allocator's own. */
void pace_allocated(size_t bytes);
void pace_freed(size_t bytes);
void pace_leaked(size_t bytes);

/* Prints the ledger, lingers if asked to, and returns main's exit code. */
int pace_finish(void);

#ifdef __cplusplus
}
#endif

#endif
